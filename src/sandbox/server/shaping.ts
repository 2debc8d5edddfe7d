import { fillingReader, type SandboxClock, type SandboxHandler } from '../state';

export interface Shape {
  /** Delay before each request is answered. */
  latencyMs: number;
  /** For each TCP connection and direction; undefined is unlimited. */
  bytesPerSecond?: number;
}

/** Sleeping shorter than this costs more than it shapes; the debt waits for the next chunk. */
const SHORTEST_SLEEP_MS = 4;
/** What an idle connection may send at once, in time at full rate. */
const BURST_MS = 20;
const MOST_IDLE_CONNECTIONS = 1024;

/** Rations one direction of one connection. */
class TokenBucket {
  /** What passes in about the shortest sleep: read at once, it does not change the shape. */
  readonly chunkBytes: number;
  private freeAt = 0;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly clock: SandboxClock
  ) {
    const inShortestSleep = Math.round((bytesPerSecond * SHORTEST_SLEEP_MS) / 1000);
    this.chunkBytes = Math.min(Math.max(inShortestSleep, 16 * 1024), 256 * 1024);
  }

  /** Resolves when `bytes` more may have passed. */
  async take(bytes: number): Promise<void> {
    const now = this.clock.now().getTime();
    this.freeAt = Math.max(this.freeAt, now - BURST_MS) + (bytes / this.bytesPerSecond) * 1000;
    const wait = this.freeAt - now;
    if (wait >= SHORTEST_SLEEP_MS) {
      await this.clock.sleep(wait);
    }
  }
}

/** Puts a slow network in front of a handler; hands it back untouched when there is nothing to do. */
export function shapeTraffic(
  handler: SandboxHandler,
  shape: Shape,
  clock: SandboxClock
): SandboxHandler {
  const { latencyMs, bytesPerSecond } = shape;
  if (latencyMs <= 0 && bytesPerSecond === undefined) {
    return handler;
  }
  const buckets = new Map<number, { up: TokenBucket; down: TokenBucket }>();
  const bucketsOf = (port: number, rate: number) => {
    const known = buckets.get(port);
    if (known !== undefined) {
      buckets.delete(port);
    }
    const pair = known ?? { up: new TokenBucket(rate, clock), down: new TokenBucket(rate, clock) };
    buckets.set(port, pair);
    // A Map keeps insertion order, so the first key is the connection unused for longest.
    const oldest = buckets.keys().next();
    if (buckets.size > MOST_IDLE_CONNECTIONS && !oldest.done) {
      buckets.delete(oldest.value);
    }
    return pair;
  };
  return async (request, connection) => {
    if (latencyMs > 0) {
      await clock.sleep(latencyMs);
    }
    if (bytesPerSecond === undefined) {
      return handler(request, connection);
    }
    const { up, down } = bucketsOf(connection.remotePort, bytesPerSecond);
    const slowRequest =
      request.body === null
        ? request
        : new Request(request, { body: throttle(request.body, up), duplex: 'half' } as RequestInit);
    const response = await handler(slowRequest, connection);
    return response.body === null
      ? response
      : new Response(throttle(response.body, down), response);
  };
}

function throttle(
  body: ReadableStream<Uint8Array>,
  bucket: TokenBucket
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const filling = fillingReader(body);
  const reader = filling ?? body.getReader();
  const read = () =>
    filling === undefined
      ? (reader as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>).read()
      : filling.read(new Uint8Array(bucket.chunkBytes), { min: bucket.chunkBytes });
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async controller => {
        // Deno gives an empty body as one empty piece; a pull that brings nothing is never repeated.
        for (let isEmpty = true; isEmpty;) {
          const { done, value } = await read();
          isEmpty = !done && value?.byteLength === 0;
          // The last piece of a filling reader comes together with the end.
          if (value !== undefined && value.byteLength > 0) {
            await bucket.take(value.byteLength);
            controller.enqueue(value);
          }
          if (done) {
            controller.close();
          }
        }
      },
      cancel: reason => reader.cancel(reason)
    },
    { highWaterMark: 0 }
  );
}
