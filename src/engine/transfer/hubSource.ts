import { BedrockImportError } from '../errors';
import { knownLocation } from '../hub';
import type { HubClient, HubFileLocation, HubModel } from '../hub';
import type { Outages } from './outages';
import type { HubSource } from './planSource';
import { TransientFault } from './retry';
import type { CopyPlan } from './types';

/** The hub's functions take the model they read from; a plan holds all of it that a copy needs. */
export function modelOfPlan(plan: CopyPlan, source: HubSource): HubModel {
  return {
    id: source.modelId,
    commitSha: source.commitSha,
    endpoint: source.endpoint,
    gated: false,
    private: false,
    files: plan.files
      .filter(({ content }) => content === undefined)
      .map(({ path, sizeBytes, sha256, gitOid }) => ({
        path,
        sizeBytes,
        // Of an LFS file the plan keeps the SHA-256, which says more than its pointer's git hash.
        gitOid: gitOid ?? '',
        ...(gitOid === undefined ? { sha256 } : {})
      }))
  };
}

/**
 * Where the hub has a file; a hub that cannot be reached for a while is waited for as storage is.
 *
 * @throws TransientFault when another try may work, BedrockImportError otherwise
 */
export async function locateOnHub(
  from: { hub: HubClient; model: HubModel; outages?: Outages; signal: AbortSignal },
  path: string
): Promise<HubFileLocation> {
  const { hub, model, outages, signal } = from;
  try {
    return await knownLocation(hub, model, path, { signal });
  } catch (error) {
    if (
      error instanceof BedrockImportError &&
      error.code === 'HUB_UNREACHABLE' &&
      !(outages?.isOutage(error) ?? false)
    ) {
      throw new TransientFault(error.message, { final: error, attempts: 4 });
    }
    throw error;
  }
}
