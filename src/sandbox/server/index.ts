export { OptionsExit, parseOptions, type SandboxOptions } from './options';
export { exportLines } from './printedEnvironment';
export { startServer, type RunningSandbox } from './server';
