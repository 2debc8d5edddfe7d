import type { HubClient, HubFileLocation, HubModel } from './types';

export async function locateHubFile(
  _client: HubClient,
  _model: HubModel,
  _path: string,
  _options?: { signal?: AbortSignal }
): Promise<HubFileLocation> {
  throw new Error('Not written yet.');
}

export async function readHubFile(
  _client: HubClient,
  _model: HubModel,
  _path: string,
  _options?: { maxBytes?: number; signal?: AbortSignal }
): Promise<Uint8Array> {
  throw new Error('Not written yet.');
}

export async function readHubRange(
  _client: HubClient,
  _model: HubModel,
  _path: string,
  _start: number,
  _end: number,
  _options?: { signal?: AbortSignal }
): Promise<Uint8Array> {
  throw new Error('Not written yet.');
}
