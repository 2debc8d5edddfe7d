import { EventStreamCodec } from '@smithy/eventstream-codec';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codec = new EventStreamCodec(
  (bytes: Uint8Array | string) => (typeof bytes === 'string' ? bytes : decoder.decode(bytes)),
  (text: string) => encoder.encode(text)
);

/** One event of the answer, or the exception that ends it. */
export interface StreamEvent {
  type: string;
  body: Readonly<Record<string, unknown>>;
}

/**
 * A response of type application/vnd.amazon.eventstream (Amazon Transcribe Developer Guide, "Event
 * stream encoding", describes the frames). Events are made as the reader takes them; when it goes
 * away, `onCancel` is told.
 */
export function eventStreamResponse(
  events: AsyncGenerator<StreamEvent, void>,
  options: { headers: Readonly<Record<string, string>>; onCancel: () => Promise<void> }
): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async controller => {
        try {
          const next = await events.next();
          if (next.done === true) {
            controller.close();
          } else {
            controller.enqueue(encodeEvent('event', next.value));
          }
        } catch (error) {
          // The status line is long gone: inside the stream, an exception is an event of its own.
          const message = error instanceof Error ? error.message : String(error);
          controller.enqueue(
            encodeEvent('exception', { type: 'modelStreamErrorException', body: { message } })
          );
          controller.close();
        }
      },
      cancel: options.onCancel
    },
    { highWaterMark: 0 }
  );
  return new Response(body, {
    headers: { 'content-type': 'application/vnd.amazon.eventstream', ...options.headers }
  });
}

function encodeEvent(kind: 'event' | 'exception', event: StreamEvent): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value });
  return codec.encode({
    headers: {
      [`:${kind}-type`]: text(event.type),
      ':content-type': text('application/json'),
      ':message-type': text(kind)
    },
    body: encoder.encode(JSON.stringify(event.body))
  });
}
