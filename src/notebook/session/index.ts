export { cellOrder } from './cellOrder';
export { connect, currentSession } from './connect';
export type { ConnectOptions, NotebookSession } from './connect';
