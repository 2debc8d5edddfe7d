export { storagePlugin } from './plugin';
