export { modelPlugin } from './plugin';
