export * from './types';
export { createEngineContext } from './context';
export type { EngineContextOptions } from './context';
export { reviewImport } from './reviewImport';
export { runImport } from './runImport';
