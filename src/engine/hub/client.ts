import { BedrockImportError, throwIfCancelled } from '../errors';
import { backoffMs, requestedWaitMs, systemClock } from '../waiting';
import { discard, HubConnectionError } from './answers';
import { toConnectionError } from './errors';
import { HubPacing } from './pacing';
import { createHubToken } from './token';
import type { HubClient, HubToken } from './types';
import { addressOf, DEFAULT_ENDPOINT, normalizeEndpoint } from './urls';

/** A pause before a request is sent or repeated. */
export interface HubWait {
  /** Such as `status 429 from huggingface.co`. */
  reason: string;
  nextTryMs: number;
  /** Number of the try that failed, from 1; 0 before the first. */
  attempt: number;
}

type WaitListener = (wait: HubWait) => void;

const waitListeners = new WeakMap<HubClient, Set<WaitListener>>();

/**
 * Tells of the pauses of a client that somebody else has made.
 *
 * @returns ends it
 */
export function followHubWaits(client: HubClient, listener: WaitListener): () => void {
  const listeners = waitListeners.get(client) ?? new Set();
  waitListeners.set(client, listeners.add(listener));
  return () => listeners.delete(listener);
}

export interface HubClientOptions {
  /** Base URL of the hub. @default 'https://huggingface.co' */
  endpoint?: string;
  token?: HubToken;
  /** What carries the requests. @default the global fetch */
  fetch?: typeof fetch;
  /** Tries of one request. @default 5 */
  attempts?: number;
  /** The first pause; the next ones double, up to 20 s, each shortened at random. @default 500 */
  firstPauseMs?: number;
  /**
   * The longest pause that a server can ask for; when it asks for more, its refusal counts. The hub
   * counts requests over five minutes. @default 310 000
   */
  longestWaitMs?: number;
  /** How long the start of an answer may take. @default 60 000 */
  answerTimeoutMs?: number;
  onWait?: (wait: HubWait) => void;
}

const REPEATED_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const LONGEST_BACKOFF_MS = 20_000;
const MOST_REDIRECTS = 10;

/**
 * A connection to one hub.
 *
 * @throws BedrockImportError `HUB_TOKEN_MALFORMED`, `HUB_ENDPOINT_INVALID`
 */
export function createHubClient(options: HubClientOptions = {}): HubClient {
  const endpoint = normalizeEndpoint(options.endpoint ?? DEFAULT_ENDPOINT);
  const token =
    options.token === undefined
      ? undefined
      : createHubToken(options.token.value, options.token.source);
  const client: HubClient = {
    endpoint,
    token,
    fetch: createHubFetch(endpoint, token, {
      ...options,
      onWait: wait => {
        options.onWait?.(wait);
        waitListeners.get(client)?.forEach(listener => listener(wait));
      }
    }),
    firstPauseMs: options.firstPauseMs
  };
  return client;
}

function createHubFetch(
  endpoint: string,
  token: HubToken | undefined,
  options: HubClientOptions
): typeof fetch {
  const attempts = options.attempts ?? 5;
  const longestWaitMs = options.longestWaitMs ?? 310_000;
  const pacing = new HubPacing();
  const send = createSender(endpoint, token, options, pacing);

  return async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined;
    const address = addressOf(input);
    const signal = init.signal ?? request?.signal ?? undefined;
    const settings: RequestInit = request
      ? { method: request.method, headers: request.headers, redirect: request.redirect, ...init }
      : init;
    // A body may be a stream, and a POST may have had its effect: only plain reads are repeated.
    const repeatable =
      /^(GET|HEAD)$/i.test(settings.method ?? 'GET') && !settings.body && !request?.body;
    if (request?.body && settings.body === undefined) {
      return await send(address, { ...settings, body: await request.arrayBuffer(), signal });
    }
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts || !repeatable;
      const host = new URL(address).host;
      await pacing.turn(address, {
        signal,
        longestMs: longestWaitMs,
        onWait: nextTryMs =>
          options.onWait?.({ reason: `rate limit of ${host}`, nextTryMs, attempt: attempt - 1 })
      });
      const outcome = await send(address, { ...settings, signal }).catch((error: unknown) => {
        if (last || !(error instanceof HubConnectionError)) {
          throw error;
        }
        return error;
      });
      if (!(outcome instanceof HubConnectionError) && !REPEATED_STATUS.has(outcome.status)) {
        return outcome;
      }
      let asked: number | undefined;
      let reason: string;
      if (outcome instanceof HubConnectionError) {
        reason = outcome.reason ?? 'broken connection';
      } else {
        asked = requestedWaitMs(outcome.headers);
        if (last || (asked !== undefined && asked > longestWaitMs)) {
          return outcome;
        }
        reason = `status ${outcome.status}`;
        if (outcome.status === 429 && asked !== undefined) {
          pacing.refused(address, asked);
        }
        await discard(outcome);
      }
      const nextTryMs = Math.max(asked ?? 0, pauseAfterMs(attempt, options.firstPauseMs));
      options.onWait?.({ reason: `${reason} from ${host}`, nextTryMs, attempt });
      await systemClock.sleep(nextTryMs, signal);
    }
  };
}

/** One request with its redirects, without repeating anything. */
function createSender(
  endpoint: string,
  token: HubToken | undefined,
  options: HubClientOptions,
  pacing: HubPacing
): (address: string, init: RequestInit) => Promise<Response> {
  const carry = options.fetch ?? fetch;
  const hubOrigin = new URL(endpoint).origin;

  return async (address, init) => {
    const headers = readableHeaders(init.headers);
    // Only this function decides who gets the token; a Link or Location header never does.
    headers.delete('authorization');
    let url = new URL(address);
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const sent = new Headers(headers);
      if (token !== undefined && url.origin === hubOrigin) {
        sent.set('authorization', `Bearer ${token.value}`);
      }
      const response = await answerInTime(
        signal => carry(url.href, { ...init, headers: sent, redirect: 'manual', signal }),
        init.signal ?? undefined,
        options.answerTimeoutMs ?? 60_000,
        token?.value
      );
      pacing.learn(url.href, response.headers);
      const target = redirectTarget(response, url);
      if (target === undefined || init.redirect === 'manual') {
        return response;
      }
      await discard(response);
      if (init.redirect === 'error' || !/^(GET|HEAD)$/i.test(init.method ?? 'GET')) {
        throw new HubConnectionError(`${url.host} redirects a request that must not be redirected`);
      }
      url = target;
    }
    throw new HubConnectionError(`${url.host} redirects again and again`, 'REDIRECT_LOOP');
  };
}

function readableHeaders(headers: RequestInit['headers']): Headers {
  try {
    return new Headers(headers);
  } catch {
    // The runtime's own message quotes the value, which may be a token.
    throw new BedrockImportError({
      code: 'HUB_TOKEN_MALFORMED',
      message: 'A header of a request to the hub holds a character that no header can hold.',
      nextStep: 'Set HF_TOKEN to the token as one line, without spaces or quotes.',
      kind: 'blocked'
    });
  }
}

/** Where a redirect leads; `undefined` for every other answer. Never from https down to http. */
export function redirectTarget(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
    return undefined;
  }
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (
    target === undefined ||
    !/^https?:$/.test(target.protocol) ||
    target.username !== '' ||
    target.password !== '' ||
    (from.protocol === 'https:' && target.protocol === 'http:')
  ) {
    throw new BedrockImportError({
      code: 'HUB_ANSWER_UNEXPECTED',
      message: `${from.host} redirects to an address that cannot be used safely.`,
      nextStep: 'Check that HF_ENDPOINT is the address of a hub, with https where the hub has it.'
    });
  }
  return target;
}

async function answerInTime(
  send: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal | undefined,
  timeoutMs: number,
  token: string | undefined
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await send(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } catch (error) {
    throwIfCancelled(signal);
    if (late.signal.aborted) {
      throw new HubConnectionError(`no answer within ${timeoutMs / 1000} s`, 'TIMEOUT');
    }
    throw toConnectionError(error, token);
  } finally {
    clearTimeout(timer);
  }
}

/** The pause after the try of this number, from 1. */
export function pauseAfterMs(attempt: number, firstPauseMs = 500): number {
  return backoffMs(systemClock, attempt - 1, {
    firstMs: firstPauseMs,
    longestMs: LONGEST_BACKOFF_MS
  });
}
