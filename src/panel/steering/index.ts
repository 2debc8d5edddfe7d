export { steeringPlugin } from './plugin';
