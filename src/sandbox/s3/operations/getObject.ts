import { RefusedError } from '../../sigv4';

import { requireObject } from '../access';
import { checksumHeader } from '../checksums';
import { isDiscarded, readDiscarded } from '../discard';
import { KEPT_HEADERS, objectHeaders } from '../objectHeaders';
import { checkReadConditions } from '../preconditions';
import type { S3Operation, S3Request } from '../s3Request';
import type { StoredObject } from '../store/types';

interface Section {
  start: number;
  end: number;
  /** Whether the answer is 206. */
  partial: boolean;
  headers: Record<string, string>;
}

/** GetObject and HeadObject. */
export const getObject: S3Operation = async request => {
  const object = requireObject(request);
  const withChecksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  if (!checkReadConditions(request.headers, object)) {
    // Without a checksum even when one was asked for: boto3 asks by default, and cannot read a 304
    // that carries one.
    const headers = objectHeaders(object, { withChecksum: false });
    return new Response(null, { status: 304, headers });
  }
  const section = readSection(request, object, withChecksum);
  const headers: Record<string, string> = {
    ...objectHeaders(object, { withChecksum: withChecksum && !section.partial }),
    ...section.headers,
    'content-length': String(section.end - section.start)
  };
  for (const name of KEPT_HEADERS) {
    const value = request.query.get(`response-${name}`);
    if (value !== undefined) {
      headers[name] = value;
    }
  }
  const body =
    request.method === 'HEAD' || section.end === section.start
      ? null
      : isDiscarded(object)
        ? await readDiscarded(request, object, section.start, section.end)
        : request.store.bodies.stream(object.extents, section.start, section.end);
  return new Response(body, { status: section.partial ? 206 : 200, headers });
};

function readSection(request: S3Request, object: StoredObject, withChecksum: boolean): Section {
  const partNumber = request.query.get('partNumber');
  const range = request.headers.get('range');
  if (partNumber !== undefined) {
    if (range !== null) {
      throw new RefusedError(
        400,
        'InvalidRequest',
        'Cannot specify both Range header and partNumber query parameter'
      );
    }
    return partSection(object, Number(partNumber), withChecksum);
  }
  const whole = { start: 0, end: object.sizeBytes, partial: false, headers: {} };
  if (range === null) {
    return whole;
  }
  const found = readRange(range, object.sizeBytes);
  return found === undefined
    ? whole
    : { ...found, partial: true, headers: contentRange(found, object) };
}

const contentRange = ({ start, end }: { start: number; end: number }, object: StoredObject) => ({
  'content-range': `bytes ${start}-${end - 1}/${object.sizeBytes}`
});

/** Undefined for what S3 ignores: several ranges, other units, a malformed header. */
function readRange(text: string, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text.trim()) ?? [];
  if (first === '' && last === '') {
    return undefined;
  }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) {
    return undefined;
  }
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new RefusedError(
      416,
      'InvalidRange',
      'The requested range is not satisfiable',
      { RangeRequested: text, ActualObjectSize: String(size) },
      { 'content-range': `bytes */${size}` }
    );
  }
  return { start, end };
}

function partSection(object: StoredObject, partNumber: number, withChecksum: boolean): Section {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10000) {
    throw new RefusedError(
      400,
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
      { ArgumentName: 'partNumber', ArgumentValue: String(partNumber) }
    );
  }
  const parts = object.parts ?? [{ partNumber: 1, sizeBytes: object.sizeBytes }];
  // Parts are counted anew in a completed object, whatever their numbers were.
  const part = parts[partNumber - 1];
  if (part === undefined) {
    throw new RefusedError(
      416,
      'InvalidPartNumber',
      'The requested partnumber is not satisfiable',
      {
        PartNumberRequested: String(partNumber),
        ActualPartCount: String(parts.length)
      }
    );
  }
  const start = parts.slice(0, partNumber - 1).reduce((sum, before) => sum + before.sizeBytes, 0);
  const end = start + part.sizeBytes;
  return {
    start,
    end,
    partial: object.sizeBytes > 0,
    headers: {
      ...(object.sizeBytes > 0 ? contentRange({ start, end }, object) : {}),
      ...(object.parts === undefined ? {} : { 'x-amz-mp-parts-count': String(parts.length) }),
      ...(withChecksum && part.checksum !== undefined && object.checksum !== undefined
        ? {
            [checksumHeader(object.checksum.algorithm)]: part.checksum,
            'x-amz-checksum-type': object.checksum.type
          }
        : {})
    }
  };
}
