export { Preferences } from './preferences';
export { preferencesPlugin } from './plugin';
