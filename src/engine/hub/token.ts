import type { HostSource } from '../environment';
import type { HubToken } from './types';

export async function readHubToken(_source: HostSource): Promise<HubToken | undefined> {
  throw new Error('Not written yet.');
}
