export { applySteering, unsteered } from './processEnvironment';
export { getSteering } from './planSteering';
export { isSteerable, readSteering, steeringFile } from './steeringFile';
export { followSteering, requireSteerable, steer, steerHubCache, unsteer } from './steer';
export { MAX_SCRIPT_CHARACTERS } from './lifecycleScript';
export type {
  SteeredVariable,
  SteeringFacts,
  SteeringPlace,
  SteeringState,
  SteeringVariable
} from './types';
