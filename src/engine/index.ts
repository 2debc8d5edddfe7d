/** The engine's public functions: what the panel, notebooks and the command are built on. */
export * from './checks';
export * from './errors';
export * from './aws';
export * from './bedrock';
export * from './cache';
export * from './chatTemplate';
export * from './disk';
export * from './diskReport';
export * from './environment';
export * from './hub';
export * from './iam';
export * from './jobs';
export * from './model';
export * from './transfer';
export * from './trash';
