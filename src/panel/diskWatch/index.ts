export { diskWatchPlugin } from './plugin';
