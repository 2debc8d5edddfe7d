/** What cells import: the engine's public functions, and what shows what they do. */
export * from '../engine';
export * from './display';
export * from './ask';
export * from './importModel';
export * from './session';
export * from './views';
export * from './cells';
export * from './cleanUp';
export * from './machine';
export * from './permissions';
export * from './picture';
export * from './template';
export * from './transfer';
export * from './converse';
