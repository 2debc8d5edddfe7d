import { listModels } from '@huggingface/hub';

import { throwIfCancelled } from '../errors';
import { apiFetch } from './apiFetch';
import { type HubErrorContext, nameOf, toHubError, unexpectedAnswer } from './errors';
import { isModelId } from './modelReference';
import type { FoundModel, HubClient } from './types';

const LONGEST_QUERY = 200;
const MOST_FOUND = 100;

/**
 * Models of the hub whose name has these words, the most downloaded first; only those that the token
 * lets see. For an empty query: none.
 *
 * @param options.limit - at most 100; default 20
 * @throws BedrockImportError `HUB_TOKEN_INVALID`, `HUB_RATE_LIMITED`, `HUB_UNREACHABLE`,
 *   `HUB_ANSWER_UNEXPECTED`, `CANCELLED`
 */
export async function searchModels(
  client: HubClient,
  query: string,
  options: { limit?: number; signal?: AbortSignal } = {}
): Promise<FoundModel[]> {
  const words = query.trim().slice(0, LONGEST_QUERY);
  const { signal } = options;
  throwIfCancelled(signal, words);
  if (words === '') {
    return [];
  }
  const context: HubErrorContext = { subject: words, signal, page: `${client.endpoint}/models` };
  const found: FoundModel[] = [];
  try {
    const entries = listModels({
      search: { query: words },
      sort: 'downloads',
      limit: Math.min(MOST_FOUND, Math.max(1, options.limit ?? 20)),
      hubUrl: client.endpoint,
      fetch: apiFetch(client, signal)
    });
    for await (const { name, downloads, likes, gated, private: isPrivate, task } of entries) {
      // What is no name of a model cannot be opened either.
      if (typeof name === 'string' && isModelId(name)) {
        found.push({
          id: name,
          downloads: Number.isFinite(downloads) ? downloads : 0,
          likes: Number.isFinite(likes) ? likes : 0,
          gated: gated === 'auto' || gated === 'manual' ? gated : false,
          private: isPrivate === true,
          ...(typeof task === 'string' ? { pipelineTag: task } : {})
        });
      }
    }
    return found;
  } catch (error) {
    throw nameOf(error) === 'TypeError'
      ? unexpectedAnswer('something that a hub does not say', context)
      : toHubError(error, context);
  }
}
