/** What pages and the engine say to each other: the only thing that both know. */
export * from './channel';
export * from './checks';
export * from './environment';
export * from './errors';
export * from './importedModels';
export * from './imports';
export * from './jobs';
export * from './machine';
export * from './methods';
export * from './model';
export * from './version';
export * from './storage';
