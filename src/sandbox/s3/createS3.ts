import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import {
  readRawTarget,
  RefusedError,
  renderS3Refusal,
  verifySigV4,
  type KnownCredentials
} from '../sigv4';
import { ConnectionResetError, type SandboxHandler, type SandboxState } from '../state';

import { seedBuckets } from './access';
import type { FindPublished } from './discard';
import { findOperation } from './operations';
import { effectiveHeaders, readAddress, type S3Request } from './s3Request';
import { ObjectStore } from './store/objectStore';

/** What is read of a refused request's body, so that the client sees the answer and not a reset. */
const MAX_DRAINED_BYTES = 64 * 2 ** 20;

export interface S3Options {
  /** Further keys beside the state's own, such as those of assumed roles. */
  findCredentials?: (accessKeyId: string) => KnownCredentials | undefined;
  /**
   * 'random' spares the MD5 of every byte, half of the cost of an upload, for benchmarks. S3 itself
   * gives tags that are no MD5 to objects encrypted with a customer's keys.
   *
   * @default 'md5'
   */
  entityTags?: 'md5' | 'random';
  /**
   * Throws away the bytes of what is named after a file of the hub, for benchmarks only: nothing
   * about those bytes is checked, so a copy that works here proves nothing. Entity tags are random
   * then.
   */
  discard?: FindPublished;
}

/**
 * Amazon S3 as far as copying models needs it, in front of a folder. Buckets from the start: the
 * state's own, and three for trying out refusals: `somebody-elses-bucket` (AccessDenied),
 * `bucket-in-another-region` (PermanentRedirect; eu-central-1) and `read-only-bucket` (writes get
 * AccessDenied). One endpoint stands for those of all regions: a request signed for the region of
 * its bucket is served.
 */
export function createS3(
  state: SandboxState,
  options: S3Options = {}
): SandboxHandler & { store: ObjectStore } {
  const store = new ObjectStore(join(state.dataDirectory, 's3'));
  seedBuckets(store, state);
  const storms = createStorm(state);
  const handle: SandboxHandler = async request => {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    try {
      const s3Request = verifiedRequest(request, state, store, options);
      const response = await answer(s3Request, storms);
      response.headers.set('x-amz-request-id', requestId);
      return response;
    } catch (error) {
      if (error instanceof ConnectionResetError) {
        throw error;
      }
      if (!(error instanceof RefusedError)) {
        console.error(error);
      }
      await drain(request);
      return renderS3Refusal(
        error instanceof RefusedError
          ? error.refusal
          : {
              ok: false,
              status: 500,
              code: 'InternalError',
              message: 'We encountered an internal error. Please try again.'
            },
        {
          requestId,
          resource: readRawTarget(request.url).path,
          hasBody: request.method !== 'HEAD'
        }
      );
    }
  };
  return Object.assign(handle, { store });
}

function verifiedRequest(
  request: Request,
  state: SandboxState,
  store: ObjectStore,
  options: S3Options
): S3Request {
  const target = readRawTarget(request.url);
  const { bucket, key } = readAddress(target, request.headers.get('host') ?? target.authority);
  const bucketRegion = store.bucket(bucket)?.region;
  const verified = verifySigV4(request, {
    service: 's3',
    region: [bucketRegion ?? state.region, state.region],
    credentials: accessKeyId =>
      accessKeyId === state.accessKeyId
        ? state.ownCredentials()
        : options.findCredentials?.(accessKeyId),
    now: state.now()
  });
  if (!verified.ok) {
    // The answer to a HEAD has no body, so clients find the right region in this header.
    const isElsewhere = bucketRegion !== undefined && verified.details?.Region !== undefined;
    const headers: Record<string, string> = isElsewhere
      ? { 'x-amz-bucket-region': bucketRegion }
      : {};
    throw RefusedError.of({ ...verified, headers: { ...verified.headers, ...headers } });
  }
  return {
    method: request.method,
    request,
    verified,
    state,
    store,
    entityTags: options.entityTags ?? (options.discard === undefined ? 'md5' : 'random'),
    published: options.discard,
    bucket,
    key,
    headers: effectiveHeaders(request, verified),
    query: new Map(target.query)
  };
}

/** Whether the fault `s3-503-storm` still lasts; the first write starts it. */
function createStorm(state: SandboxState): (request: S3Request) => boolean {
  let startedAt: number | undefined;
  return request => {
    const seconds = state.faults.seconds('s3-503-storm') ?? 0;
    const isData = request.key !== '' && ['PUT', 'GET'].includes(request.method);
    if (seconds === 0 || !isData) {
      return false;
    }
    const now = state.now().getTime();
    startedAt ??= request.method === 'PUT' ? now : undefined;
    return startedAt !== undefined && now < startedAt + seconds * 1000;
  };
}

async function answer(
  request: S3Request,
  storms: (request: S3Request) => boolean
): Promise<Response> {
  const { faults } = request.state;
  if (storms(request) || faults.roll('s3-503')) {
    throw new RefusedError(503, 'SlowDown', 'Please reduce your request rate.');
  }
  if (request.method === 'PUT' && request.request.body !== null && faults.roll('s3-stall')) {
    await readHalf(request.request);
    // Neither read nor answered any more, until the client gives up.
    await new Promise(() => undefined);
  }
  const breaks = faults.roll('s3-reset');
  if (breaks && (request.request.body !== null || request.method !== 'GET')) {
    await readHalf(request.request);
    throw new ConnectionResetError();
  }
  const response = await findOperation(request)(request);
  return breaks ? breakHalfway(response) : response;
}

async function readHalf(request: Request): Promise<void> {
  let left = Number(request.headers.get('content-length') ?? 0) / 2;
  const reader = request.body?.getReader();
  while (reader !== undefined && left > 0) {
    const { done, value } = await reader.read();
    left = done ? 0 : left - value.length;
  }
}

function breakHalfway(response: Response): Response {
  let left = Number(response.headers.get('content-length') ?? 0) / 2;
  const reader = response.body?.getReader();
  if (reader === undefined) {
    throw new ConnectionResetError();
  }
  const body = new ReadableStream<Uint8Array>({
    pull: async controller => {
      const { done, value } = left > 0 ? await reader.read() : { done: true, value: undefined };
      if (done || value === undefined) {
        await reader.cancel();
        controller.error(new ConnectionResetError());
        return;
      }
      controller.enqueue(value.length > left ? value.subarray(0, Math.ceil(left)) : value);
      left -= value.length;
    }
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

async function drain(request: Request): Promise<void> {
  // A client that waits for "100 Continue" has sent nothing yet and must not be asked to.
  if (request.body === null || request.body.locked || request.headers.has('expect')) {
    return;
  }
  const reader = request.body.getReader();
  try {
    for (let left = MAX_DRAINED_BYTES; left > 0;) {
      const { done, value } = await reader.read();
      left = done ? 0 : left - value.length;
    }
    await reader.cancel();
  } catch {
    // The client has gone; there is nothing left to read.
  }
}
