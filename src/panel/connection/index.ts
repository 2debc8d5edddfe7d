export { EngineFailure, isCancelled, toFailure } from './failure';
export { createPoll, EngineModel } from './engineModel';
export { EngineClient } from './engineClient';
export { Loader, NONE } from './loaded';
export type { Loaded } from './loaded';
export { restartHint } from './hostHint';
export type { EngineState } from './state';
export { enginePlugin } from './plugin';
