// Only the version ends up in the bundle.
export { version } from '../../../package.json';
