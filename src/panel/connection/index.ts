export { EngineFailure, isCancelled, toFailure } from './failure';
export { EngineClient } from './engineClient';
export { restartHint } from './hostHint';
export type { EngineState } from './state';
export { enginePlugin } from './plugin';
