import { systemClock } from '../waiting';
import { answerError, HubConnectionError, messageOfBody } from './answers';
import { BodyTooLongError, readBody } from './bodies';
import { pauseAfterMs } from './client';
import { listingInvalid } from './listing';
import type { HubClient } from './types';
import { addressOf } from './urls';

const LARGEST_API_ANSWER_BYTES = 64 * 2 ** 20;
const BODY_TRIES = 3;

/**
 * The client's fetch in the form that the hub's library needs: it keeps the headers of a refusal,
 * bounds an answer's size, and repeats an answer that broke off.
 */
export function apiFetch(client: HubClient, signal: AbortSignal | undefined): typeof fetch {
  return async (input, init) => {
    for (let attempt = 1; ; attempt++) {
      const response = await client.fetch(input, { ...init, signal });
      if (!response.ok) {
        throw answerError(response, {
          withToken: client.token !== undefined,
          token: client.token?.value,
          hubMessage: await messageOfBody(response)
        });
      }
      try {
        const body = await readBody(response, LARGEST_API_ANSWER_BYTES, signal);
        const headers = new Headers(response.headers);
        headers.delete('content-encoding');
        headers.delete('content-length');
        return new Response(body, { status: 200, headers });
      } catch (error) {
        if (error instanceof BodyTooLongError) {
          throw listingInvalid(new URL(addressOf(input)).pathname, 'far too many bytes');
        }
        if (!(error instanceof HubConnectionError) || attempt >= BODY_TRIES) {
          throw error;
        }
        await systemClock.sleep(pauseAfterMs(attempt, client.firstPauseMs), signal);
      }
    }
  };
}
