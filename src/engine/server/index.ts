export { runServer } from './runServer';
export type { RunServerOptions } from './runServer';
export { serveStdio } from './stdio';
