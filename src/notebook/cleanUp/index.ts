export { cleanUp } from './cleanUp';
export type { CleanUpResult } from './cleanUp';
export { planCleanUp } from './planCleanUp';
export type { CleanUpPlan, StoredObject } from './planCleanUp';
