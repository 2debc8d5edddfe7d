import type { HubClient, HubModel, ModelReference } from './types';

export async function openHubModel(
  _client: HubClient,
  _reference: ModelReference,
  _options?: { signal?: AbortSignal }
): Promise<HubModel> {
  throw new Error('Not written yet.');
}
