import { createAwsClients } from '../aws';
import type { AwsClients } from '../aws';
import { detectEnvironment, processHostSource } from '../environment';
import type { HostSource } from '../environment';
import { createHubClient, readHubToken } from '../hub';
import type { EngineContext } from './types';

export interface EngineContextOptions {
  /** @default this process and this disk */
  source?: HostSource;
  /** Wins over the Region that the environment names. */
  region?: string;
}

/**
 * Everything that the engine's verbs need, from where they run. No request is made.
 *
 * @throws BedrockImportError `HUB_TOKEN_MALFORMED`, `HUB_ENDPOINT_INVALID`; the getter `aws` throws
 *   `REGION_MISSING` and `CREDENTIALS_MALFORMED`.
 */
export async function createEngineContext(
  options: EngineContextOptions = {}
): Promise<EngineContext> {
  const source = options.source ?? processHostSource();
  const environment = await detectEnvironment({ source, region: options.region });
  const token = await readHubToken(source);
  const hub = createHubClient({ endpoint: environment.endpoints.hub, token });
  let aws: AwsClients | undefined;
  return {
    environment,
    hub,
    get aws() {
      aws ??= createAwsClients({ region: environment.region?.name, env: source.env });
      return aws;
    }
  };
}
