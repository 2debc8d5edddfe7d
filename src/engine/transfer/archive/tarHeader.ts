/** Everything in a tar archive is laid out in blocks of this many bytes. */
export const BLOCK_BYTES = 512;

/** What one header block says; names and sizes may be replaced by the entries before it. */
export interface TarHeader {
  /** As the archive spells it; `undefined` when it is not UTF-8. */
  name: string | undefined;
  /** Target of a link; `undefined` when it is not UTF-8. */
  linkName: string | undefined;
  /** One character: `0` is a file, `5` a folder, `L` a long name for the next entry, and so on. */
  type: string;
  /** Bytes that the archive stores for this entry. */
  storedBytes: number;
  /** Old GNU sparse files only: another block with a map of holes follows. */
  mapGoesOn: boolean;
}

/**
 * Reads a header block: POSIX.1-1988 "ustar", GNU tar's own format, star's, and the one of Version 7
 * (GNU tar manual, "Basic Tar Format"; POSIX, "pax Interchange Format").
 *
 * @returns `undefined` when the block is not a tar header.
 */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  if (!checksumFits(block)) {
    return undefined;
  }
  const storedBytes = readNumber(block, 124, 12);
  if (storedBytes === undefined) {
    return undefined;
  }
  const magic = latin1(block, 257, 8);
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
  // GNU's own format keeps other things where POSIX keeps the first part of a long name.
  const prefix = magic.startsWith('ustar\0') ? prefixOf(block) : new Uint8Array(0);
  const name = textBefore(block.subarray(0, 100));
  return {
    name: prefix.length > 0 ? decodeName(joinNames(prefix, name)) : decodeName(name),
    linkName: decodeName(textBefore(block.subarray(157, 257))),
    type,
    storedBytes,
    mapGoesOn: type === 'S' && block[482] === 1
  };
}

/** Archives end with such blocks. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every(byte => byte === 0);
}

/** The bytes before the first NUL. */
export function textBefore(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end === -1 ? field : field.subarray(0, end);
}

/** A name as text; `undefined` when it is not UTF-8, because no other encoding can be told apart. */
export function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function prefixOf(block: Uint8Array): Uint8Array {
  // star keeps two times behind a shorter prefix and says so at the end of the block.
  const length = latin1(block, 508, 4) === 'tar\0' ? 131 : 155;
  return textBefore(block.subarray(345, 345 + length));
}

function joinNames(folder: Uint8Array, name: Uint8Array): Uint8Array {
  const joined = new Uint8Array(folder.length + 1 + name.length);
  joined.set(folder);
  joined[folder.length] = 0x2f;
  joined.set(name, folder.length + 1);
  return joined;
}

function latin1(block: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...block.subarray(start, start + length));
}

/** The sum of the block's bytes with the field itself as blanks; old programs summed signed bytes. */
function checksumFits(block: Uint8Array): boolean {
  const stated = readNumber(block, 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  return stated === unsigned || stated === signed;
}

/** Octal digits, or GNU's base 256 for what they cannot hold. Negative and unsafe numbers are none. */
function readNumber(block: Uint8Array, start: number, length: number): number | undefined {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (let index = start + 1; index < start + length; index++) {
      value = value * 256 + (block[index] ?? 0);
    }
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = /^[ ]*([0-7]*)[ \0]/.exec(`${latin1(block, start, length)}\0`)?.[1];
  return digits === undefined ? undefined : parseInt(digits || '0', 8);
}
