export { ask } from './ask';
export type { AskedModel, AskInCellOptions } from './ask';
