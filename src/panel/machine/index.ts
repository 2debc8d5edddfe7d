export { machinePlugin } from './plugin';
