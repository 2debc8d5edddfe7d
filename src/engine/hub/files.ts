import { BedrockImportError, throwIfCancelled } from '../errors';
import { systemClock } from '../waiting';
import { answerError, discard, HubConnectionError } from './answers';
import type { HubAnswerError } from './answers';
import { BodyTooLongError, readBody } from './bodies';
import { pauseAfterMs } from './client';
import { type HubErrorContext, toHubError } from './errors';
import { fileMismatch, fileOf, matchesHash } from './integrity';
import { forgetLocation, knownLocation } from './locate';
import type { HubClient, HubFile, HubModel } from './types';
import { modelPage, resolveUrl } from './urls';

export { locateHubFile } from './locate';

const DEFAULT_LARGEST_BYTES = 64 * 2 ** 20;
const TRIES = 4;

/** Whole files as they are: an encoding on the way would change lengths and ranges. */
const AS_IT_IS = { 'accept-encoding': 'identity' };

/** A try that failed in a way that another try may mend. */
class RepeatableFailure extends Error {
  constructor(readonly failure: BedrockImportError | HubConnectionError) {
    super(failure.message);
  }
}

/**
 * A whole small file, checked against the SHA-256 or the git hash of the listing.
 *
 * @param options.maxBytes the largest size to read; default 64 MiB
 * @throws BedrockImportError `HUB_FILE_TOO_LARGE`, `HUB_FILE_MISMATCH`, `HUB_FILE_NOT_FOUND`, and
 * what `openHubModel` throws
 */
export async function readHubFile(
  client: HubClient,
  model: HubModel,
  path: string,
  options: { maxBytes?: number; signal?: AbortSignal } = {}
): Promise<Uint8Array> {
  const file = fileOf(model, path);
  const maxBytes = options.maxBytes ?? DEFAULT_LARGEST_BYTES;
  if (file.sizeBytes > maxBytes) {
    throw new BedrockImportError({
      code: 'HUB_FILE_TOO_LARGE',
      message: `${path} has ${file.sizeBytes} bytes; a file of its kind is read up to ${maxBytes}.`,
      subject: `${model.id}/${path}`,
      nextStep: 'Look at the file on the page of the model: it is not what its name says.',
      kind: 'blocked'
    });
  }
  return await repeated(client, model, file, options.signal, async () => {
    const address = resolveUrl(model.endpoint, model.id, model.commitSha, path);
    const response = await client.fetch(address, { headers: AS_IT_IS, signal: options.signal });
    if (response.url !== address && isStorageRefusal(response)) {
      await discard(response);
      throw new RepeatableFailure(storageRefusal(model, file, response.status));
    }
    if (response.status !== 200) {
      throw await refusal(client, response);
    }
    const bytes = await bodyOf(model, response, file, file.sizeBytes, options.signal);
    if (bytes.byteLength !== file.sizeBytes) {
      throw new RepeatableFailure(
        fileMismatch(model, path, `${bytes.byteLength} bytes came, ${file.sizeBytes} are listed`)
      );
    }
    if (!(await matchesHash(file, bytes))) {
      throw new RepeatableFailure(fileMismatch(model, path, 'the hash is not the listed one'));
    }
    return bytes;
  });
}

/**
 * Exactly the bytes from `start` up to, and without, `end`. A range has no hash of its own: what is
 * read here is for looking at, the copy proves whole files.
 *
 * @throws BedrockImportError `HUB_RANGE_INVALID` (usage), `HUB_RANGE_IGNORED`, `HUB_FILE_MISMATCH`,
 * and what `openHubModel` throws
 */
export async function readHubRange(
  client: HubClient,
  model: HubModel,
  path: string,
  start: number,
  end: number,
  options: { signal?: AbortSignal } = {}
): Promise<Uint8Array> {
  const file = fileOf(model, path);
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(end) ||
    start < 0 ||
    end < start ||
    end > file.sizeBytes
  ) {
    throw rangeInvalid(model, file, start, end);
  }
  if (start === end) {
    return new Uint8Array(0);
  }
  const { signal } = options;
  return await repeated(client, model, file, signal, async () => {
    const location = await knownLocation(client, model, path, { signal });
    const headers = { ...AS_IT_IS, range: `bytes=${start}-${end - 1}` };
    const response = await client.fetch(location.url, { headers, signal });
    if (isStorageRefusal(response)) {
      await forgetLocation(client, model, path, location);
      await discard(response);
      throw new RepeatableFailure(storageRefusal(model, file, response.status));
    }
    if (response.status === 416) {
      await discard(response);
      throw fileMismatch(model, path, `it has no bytes ${start} to ${end - 1}`);
    }
    if (!response.ok) {
      throw await refusal(client, response);
    }
    const problem = rangeProblem(response, start, end);
    if (problem !== undefined) {
      await discard(response);
      throw new RepeatableFailure(rangeIgnored(model, file, problem));
    }
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (total !== undefined && Number(total) !== file.sizeBytes) {
      await discard(response);
      throw fileMismatch(model, path, `it has ${total} bytes, ${file.sizeBytes} are listed`);
    }
    const bytes = await bodyOf(model, response, file, end - start, signal);
    if (bytes.byteLength !== end - start) {
      throw new RepeatableFailure(
        rangeIgnored(model, file, `${bytes.byteLength} bytes instead of ${end - start}`)
      );
    }
    return bytes;
  });
}

/** Repeats a read whose answer broke off or was not what was asked for. */
async function repeated<T>(
  client: HubClient,
  model: HubModel,
  file: HubFile,
  signal: AbortSignal | undefined,
  read: () => Promise<T>
): Promise<T> {
  const context = contextOf(client, model, file, signal);
  throwIfCancelled(signal, context.subject);
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const failure = error instanceof RepeatableFailure ? error.failure : error;
      if (!(error instanceof RepeatableFailure) || attempt >= TRIES || signal?.aborted) {
        throw toHubError(failure, context);
      }
    }
    await systemClock.sleep(pauseAfterMs(attempt, client.firstPauseMs), signal);
  }
}

async function bodyOf(
  model: HubModel,
  response: Response,
  file: HubFile,
  maxBytes: number,
  signal: AbortSignal | undefined
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBody(response, maxBytes, signal);
  } catch (error) {
    if (error instanceof BodyTooLongError) {
      throw new RepeatableFailure(fileMismatch(model, file.path, `${error.message} came`));
    }
    throw error instanceof HubConnectionError ? new RepeatableFailure(error) : error;
  }
}

async function refusal(client: HubClient, response: Response): Promise<HubAnswerError> {
  await discard(response);
  return answerError(response, {
    withToken: client.token !== undefined,
    token: client.token?.value
  });
}

/** A signed address that has expired, most likely: the hub's own refusals have a code. */
function isStorageRefusal(response: Response): boolean {
  return [401, 403, 404, 410].includes(response.status) && !response.headers.has('x-error-code');
}

function storageRefusal(model: HubModel, file: HubFile, status: number): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_UNREACHABLE',
    message: `The storage of the hub refuses the addresses that the hub gives for ${file.path} (status ${status}).`,
    subject: `${model.id}/${file.path}`,
    nextStep:
      'Check the clock of this machine and that no proxy changes addresses, then try again in a few minutes.'
  });
}

function contextOf(
  client: HubClient,
  model: HubModel,
  file: HubFile,
  signal?: AbortSignal
): HubErrorContext {
  return {
    subject: `${model.id}/${file.path}`,
    signal,
    page: modelPage(client.endpoint, model.id),
    revision: model.commitSha
  };
}

function rangeIgnored(model: HubModel, file: HubFile, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_RANGE_IGNORED',
    message: `The hub was asked for a part of ${file.path} and gave something else: ${what}.`,
    subject: `${model.id}/${file.path}`,
    nextStep:
      'Try again; if it stays so, a proxy or a mirror between here and the hub does not pass range requests on.'
  });
}

function rangeProblem(response: Response, start: number, end: number): string | undefined {
  const found = response.headers.get('content-range') ?? 'nothing';
  if (response.status !== 206) {
    return `status ${response.status} instead of 206`;
  }
  return /^bytes (\d+)-(\d+)\/(\d+|\*)$/.test(found) &&
    found.startsWith(`bytes ${start}-${end - 1}/`)
    ? undefined
    : 'another range than the one asked for';
}

function rangeInvalid(
  model: HubModel,
  file: HubFile,
  start: number,
  end: number
): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_RANGE_INVALID',
    message: `${file.path} has ${file.sizeBytes} bytes; ${start} to ${end} is no part of it.`,
    subject: `${model.id}/${file.path}`,
    nextStep: 'Ask for whole numbers with 0 ≤ start ≤ end ≤ size.',
    kind: 'usage'
  });
}
