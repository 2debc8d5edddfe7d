import type { FaultPlan } from '../state';
import { openFileSource, type ByteSource } from './byteSource';
import { streamBody, type BodyFaults } from './faultyBody';
import { openGenerated } from './generatedContent';
import type { RepositoryFile } from './repository';
import type { Swaps } from './swaps';

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
  context: { faults: FaultPlan; swaps: Swaps },
  headers: Record<string, string>
): Promise<Response> {
  const { faults } = context;
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
  const body = streamBody(await openSource(file), start, end, {
    ...rollBodyFaults(faults, start + Math.floor((end - start) / 2)),
    swapFrom: context.swaps.swapFrom(file)
  });
  return new Response(body, { status, headers: answerHeaders });
}

export async function openSource(file: RepositoryFile): Promise<ByteSource> {
  return file.generated === undefined
    ? openFileSource(file.absolutePath)
    : openGenerated(file.generated);
}

function rollBodyFaults(faults: FaultPlan, middle: number): BodyFaults {
  // All are rolled every time, so that one that strikes does not shift the sequence of another.
  const struck = {
    reset: [faults.roll('hub-reset'), faults.roll('hub-reset-every')].includes(true),
    stall: faults.roll('hub-stall'),
    truncate: faults.roll('hub-truncate')
  };
  const how = (['reset', 'stall', 'truncate'] as const).find(name => struck[name]);
  return {
    stop: how && { at: middle, how },
    flipAt: faults.roll('hub-flip-byte') ? middle : undefined
  };
}

function contentType(path: string): string {
  if (path.endsWith('.json')) {
    return 'application/json; charset=utf-8';
  }
  return /\.(txt|md|jinja|gitattributes)$/.test(path)
    ? 'text/plain; charset=utf-8'
    : 'application/octet-stream';
}
