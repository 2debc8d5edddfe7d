export { sidebarPlugin } from './plugin';
