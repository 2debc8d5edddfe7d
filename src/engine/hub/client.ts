import type { HubClient, HubToken } from './types';

export interface HubClientOptions {
  /** Base URL of the hub. @default 'https://huggingface.co' */
  endpoint?: string;
  token?: HubToken;
  /** What carries the requests. @default the global fetch */
  fetch?: typeof fetch;
}

export function createHubClient(_options: HubClientOptions = {}): HubClient {
  throw new Error('Not written yet.');
}
