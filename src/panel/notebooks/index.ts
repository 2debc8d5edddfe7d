export { notebooksPlugin } from './plugin';
