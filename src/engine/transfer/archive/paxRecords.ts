import { decodeName } from './tarHeader';

/** Values of a pax header by keyword; `undefined` for a value that is not UTF-8. */
export type PaxRecords = ReadonlyMap<string, string | undefined>;

/**
 * Reads the body of a pax header: records `LENGTH KEYWORD=VALUE\n`, where the length counts the whole
 * record in bytes (POSIX, "pax Extended Header").
 *
 * @returns `undefined` when the body is something else.
 */
export function readPaxRecords(body: Uint8Array): PaxRecords | undefined {
  const records = new Map<string, string | undefined>();
  let position = 0;
  // Some programs fill the rest of the body with zeros.
  while (position < body.length && body[position] !== 0) {
    const blank = body.indexOf(0x20, position);
    const digits = decodeName(body.subarray(position, blank === -1 ? position : blank));
    const length = /^\d{1,9}$/.test(digits ?? '') ? Number(digits) : 0;
    const end = position + length;
    const equals = body.indexOf(0x3d, blank);
    if (length === 0 || end > body.length || body[end - 1] !== 0x0a || equals === -1) {
      return undefined;
    }
    if (equals >= end) {
      return undefined;
    }
    const keyword = decodeName(body.subarray(blank + 1, equals));
    if (keyword !== undefined) {
      records.set(keyword, decodeName(body.subarray(equals + 1, end - 1)));
    }
    position = end;
  }
  return records;
}
