import { open } from 'node:fs/promises';

import { ConnectionResetError, type FaultPlan } from '../state';
import type { RepositoryFile } from './repository';

const CHUNK_BYTES = 512 * 1024;

/** Bytes `[start, end)`. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Reads a Range header (RFC 9110, "Range Requests").
 *
 * @returns Undefined when the whole file is to be sent: no header, several ranges, or a form that
 * is not understood.
 */
export function parseRange(
  header: string | null,
  sizeBytes: number
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (first === '' && last === '') {
    return undefined;
  }
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) {
    return undefined;
  }
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}

/** The file or the range of it that was asked for, with the faults that were asked for. */
export async function fileAnswer(
  request: Request,
  file: RepositoryFile,
  faults: FaultPlan,
  headers: Record<string, string>
): Promise<Response> {
  const size = file.sizeBytes;
  const ignored = request.headers.has('range') && faults.roll('hub-ignore-range');
  const range = ignored ? undefined : parseRange(request.headers.get('range'), size);
  const answerHeaders = new Headers({ 'accept-ranges': 'bytes', ...headers });
  if (range === 'unsatisfiable') {
    answerHeaders.set('content-range', `bytes */${size}`);
    return new Response(null, { status: 416, headers: answerHeaders });
  }
  const { start, end } = range ?? { start: 0, end: size };
  answerHeaders.set('content-length', String(end - start));
  answerHeaders.set('content-type', contentType(file.path));
  answerHeaders.set('last-modified', new Date(file.mtimeMs).toUTCString());
  if (range !== undefined) {
    answerHeaders.set('content-range', `bytes ${start}-${end - 1}/${size}`);
  }
  const status = range === undefined ? 200 : 206;
  if (request.method === 'HEAD' || start === end) {
    return new Response(null, { status, headers: answerHeaders });
  }
  const middle = start + Math.floor((end - start) / 2);
  const body = await readFileRange(file.absolutePath, start, end, {
    breakAt: faults.roll('hub-reset') ? middle : undefined,
    flipAt: faults.roll('hub-flip-byte') ? middle : undefined
  });
  return new Response(body, { status, headers: answerHeaders });
}

/**
 * Streams `[start, end)` of a file, a chunk at a time as the client takes them.
 *
 * @param faults.breakAt Where in the file the connection breaks.
 * @param faults.flipAt Which byte of the file is sent with one bit wrong.
 */
async function readFileRange(
  path: string,
  start: number,
  end: number,
  faults: { breakAt?: number; flipAt?: number }
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await open(path, 'r');
  let position = start;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async controller => {
        try {
          const stop = Math.min(end, faults.breakAt ?? end);
          if (position === faults.breakAt) {
            throw new ConnectionResetError();
          }
          const chunk = new Uint8Array(Math.min(CHUNK_BYTES, stop - position));
          const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
          if (bytesRead === 0) {
            throw new Error('The file became shorter while it was sent.');
          }
          const flip = (faults.flipAt ?? -1) - position;
          if (flip >= 0 && flip < bytesRead) {
            chunk[flip] = (chunk[flip] ?? 0) ^ 1;
          }
          position += bytesRead;
          controller.enqueue(chunk.subarray(0, bytesRead));
          if (position === end) {
            await file.close();
            controller.close();
          }
        } catch (error) {
          await file.close();
          controller.error(error);
        }
      },
      cancel: () => file.close()
    },
    { highWaterMark: 0 }
  );
}

function contentType(path: string): string {
  if (path.endsWith('.json')) {
    return 'application/json; charset=utf-8';
  }
  return /\.(txt|md|jinja|gitattributes)$/.test(path)
    ? 'text/plain; charset=utf-8'
    : 'application/octet-stream';
}
