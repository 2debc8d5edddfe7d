export { comparePrompts, markersTable, promptView } from './comparePrompts';
export type { ComparedPrompt, NamedTemplate } from './comparePrompts';
export { compareWithHub } from './compareWithHub';
export type { ComparedFile, FileFacts } from './compareWithHub';
export { readModelTemplate } from './readModelTemplate';
export type { ModelTemplate } from './readModelTemplate';
export { rewriteView } from './rewriteView';
