/**
 * Reads a stream that must not stand still: when no piece arrives within `idleMs`, its request is
 * aborted. Without this a connection that died silently would hold the answer for ever.
 *
 * @throws Error with the name TimeoutError when the stream stood still.
 */
export async function* withIdleLimit<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  idleMs: number,
  signal?: AbortSignal
): AsyncGenerator<T> {
  const controller = new AbortController();
  let idle = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rearm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      idle = true;
      controller.abort();
    }, idleMs);
  };
  const onAbort = (): void => controller.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) {
    controller.abort();
  }
  try {
    rearm();
    for await (const piece of await open(controller.signal)) {
      rearm();
      yield piece;
    }
  } catch (error) {
    throw idle ? stoodStill(idleMs, error) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Whoever stops reading early leaves no request behind.
    controller.abort();
  }
}

function stoodStill(idleMs: number, cause: unknown): Error {
  const error = new Error(`nothing arrived for ${Math.round(idleMs / 1000)} s`, { cause });
  error.name = 'TimeoutError';
  return error;
}
