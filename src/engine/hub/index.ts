export { createHubClient, followHubWaits } from './client';
export type { HubClientOptions, HubWait } from './client';
export { toHubError } from './errors';
export { locateHubFile, readHubFile, readHubRange } from './files';
export { forgetLocation, knownLocation } from './locate';
export { parseModelReference } from './modelReference';
export { openHubModel } from './openModel';
export { searchModels } from './searchModels';
export { readHubToken } from './token';
export type {
  FoundModel,
  HubClient,
  HubFile,
  HubFileLocation,
  HubModel,
  HubToken,
  ModelReference
} from './types';
