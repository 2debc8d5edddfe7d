import type { Check } from '../../checks';
import type { Environment } from '../../environment';
import { processHostSource } from '../../environment';
import { createHubClient, HubToken, readHubToken, toHubError } from '../../hub';
import type { Redactor } from '../redaction';
import { probe } from '../probe';
import { failedFinding, okFinding } from './findings';

const WHY_HUB = 'Models come from the hub.';
const WHY_TOKEN = 'Gated and private models need a token of an account that may read them.';

/** Reachability and token of the hub. The token itself is never part of a finding. */
export async function hubChecks(
  environment: Environment,
  redactor: Redactor,
  signal: AbortSignal
): Promise<Check[]> {
  const read = await probe(signal, () => readHubToken(processHostSource()));
  const token = 'value' in read ? read.value : undefined;
  redactor.add(token?.value);
  const asked = await askHub(environment.endpoints.hub, token, signal);
  return [
    asked.reachable,
    'error' in read
      ? failedFinding('hub-token', 'blocker', read.error, WHY_TOKEN)
      : (asked.token ?? tokenFinding(token))
  ];
}

async function askHub(
  endpoint: string,
  token: HubToken | undefined,
  signal: AbortSignal
): Promise<{ reachable: Check; token?: Check }> {
  const hub = createHubClient({ endpoint, token });
  const reachable = okFinding('hub', `The hub at ${endpoint} answers.`, WHY_HUB);
  const asked = await probe(signal, async limit => {
    try {
      const response = await hub.fetch(`${endpoint}/api/whoami-v2`, { signal: limit });
      await response.body?.cancel();
      if (response.status >= 500 || (token !== undefined && response.status === 401)) {
        throw toHubError(response, { subject: endpoint });
      }
      return response.ok;
    } catch (error) {
      throw limit.aborted ? error : toHubError(error, { subject: endpoint });
    }
  });
  if ('value' in asked) {
    return {
      reachable,
      token:
        token !== undefined && asked.value
          ? okFinding('hub-token', `The hub accepts the token of ${token.source}.`, WHY_TOKEN)
          : undefined
    };
  }
  if (asked.error.code === 'HUB_TOKEN_INVALID') {
    return { reachable, token: failedFinding('hub-token', 'blocker', asked.error, WHY_TOKEN) };
  }
  // Without a token the question itself is refused, which only a hub in reach can do.
  return ['HUB_NOT_FOUND', 'HUB_NO_ACCESS'].includes(asked.error.code)
    ? { reachable }
    : { reachable: failedFinding('hub', 'blocker', asked.error, WHY_HUB) };
}

function tokenFinding(token: HubToken | undefined): Check {
  return okFinding(
    'hub-token',
    token === undefined
      ? 'No hub token: enough for public models. Gated and private ones need HF_TOKEN.'
      : `A token from ${token.source} is there; the hub did not say whether it is valid.`,
    WHY_TOKEN
  );
}
