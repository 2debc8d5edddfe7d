import type { AwsClients } from '../aws';
import type { CallerIdentity } from './types';

export async function getCallerIdentity(
  _aws: AwsClients,
  _options?: { signal?: AbortSignal }
): Promise<CallerIdentity> {
  throw new Error('Not written yet.');
}
