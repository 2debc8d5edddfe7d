import type { Environment, HostSource } from './types';

export async function detectEnvironment(_options?: {
  source?: HostSource;
  region?: string;
}): Promise<Environment> {
  throw new Error('Not written yet.');
}
