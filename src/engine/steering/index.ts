export { applySteering, originalEnvironment, steered, unsteered } from './processEnvironment';
export { FollowedSteering } from './followedSteering';
export { getSteering, planSteering } from './planSteering';
export { isSteerable, readSteering, steeringFile } from './steeringFile';
export {
  followSteering,
  requireSteerable,
  steer,
  steerHubCache,
  steerThisProcess,
  unsteer
} from './steer';
export { MAX_SCRIPT_CHARACTERS } from './lifecycleScript';
export type {
  SteeredVariable,
  SteeringFacts,
  SteeringPlace,
  SteeringState,
  SteeringVariable
} from './types';
