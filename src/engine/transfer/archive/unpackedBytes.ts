import { constants, createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import { ArchiveFault } from './archiveErrors';

/** Of the pieces that come out; measured in Deno, larger ones are no faster and take more memory. */
const PIECE_BYTES = 256 * 1024;

/** As many bytes as tell one format from another. */
const MAGIC_BYTES = 6;

/** What the first bytes say of the packing. */
export type Packing = 'gzip' | 'none';

/** Formats that people take for a tar.gz, by their first bytes. */
const OTHER_FORMATS: readonly (readonly [name: string, start: readonly number[]])[] = [
  ['a zip file', [0x50, 0x4b, 0x03, 0x04]],
  ['compressed with bzip2', [0x42, 0x5a, 0x68]],
  ['compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with lz4', [0x04, 0x22, 0x4d, 0x18]]
];

/**
 * Whether the bytes are packed with gzip, from their beginning.
 *
 * @throws ArchiveFault `ARCHIVE_UNKNOWN_FORMAT` for a packing that is none of ours
 */
export function packingOf(start: Uint8Array): Packing {
  if (start[0] === 0x1f && start[1] === 0x8b) {
    return 'gzip';
  }
  for (const [name, magic] of OTHER_FORMATS) {
    if (magic.every((byte, index) => start[index] === byte)) {
      throw new ArchiveFault(
        'ARCHIVE_UNKNOWN_FORMAT',
        `The archive is ${name}, not a tar archive, plain or compressed with gzip.`
      );
    }
  }
  return 'none';
}

/**
 * The bytes of the tar archive, whether it is packed or not.
 *
 * @throws ArchiveFault, and what `packed` throws
 */
export async function* unpackBytes(
  packed: AsyncGenerator<Uint8Array>,
  onPacking?: (packing: Packing) => void
): AsyncGenerator<Uint8Array> {
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < MAGIC_BYTES) {
    const piece = await packed.next();
    if (piece.done === true) {
      break;
    }
    first.push(piece.value);
    length += piece.value.length;
  }
  const start = new Uint8Array(Buffer.concat(first));
  if (start.length === 0) {
    throw new ArchiveFault('ARCHIVE_EMPTY', 'The archive is an empty object.');
  }
  const packing = packingOf(start);
  onPacking?.(packing);
  const all = prepend(start, packed);
  yield* packing === 'gzip' ? gunzip(all) : all;
}

async function* prepend(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>
): AsyncGenerator<Uint8Array> {
  yield start;
  yield* rest;
}

/**
 * Unpacks gzip, several members one after the other included, at the pace of whoever takes the pieces.
 * zlib compares the CRC-32 and the length of each member.
 *
 * @throws ArchiveFault `ARCHIVE_DAMAGED`, and what `packed` throws
 */
export async function* gunzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip({ chunkSize: PIECE_BYTES });
  let unpacked = 0;
  let sourceFailure: { error: unknown } | undefined;
  const feeding = feed(packed, unzip).catch((error: unknown) => {
    sourceFailure = { error };
    unzip.destroy();
  });
  try {
    for await (const piece of unzip as AsyncIterable<Uint8Array>) {
      unpacked += piece.length;
      yield piece;
    }
  } catch (error) {
    if (sourceFailure !== undefined) {
      throw sourceFailure.error;
    }
    throw faultOf(error, unpacked);
  } finally {
    unzip.destroy();
    await feeding;
  }
  if (sourceFailure !== undefined) {
    throw sourceFailure.error;
  }
}

async function feed(packed: AsyncIterable<Uint8Array>, unzip: Gunzip): Promise<void> {
  let goOn = (): void => undefined;
  let over = false;
  for (const event of ['error', 'close'] as const) {
    // zlib does not call back for a piece that it could not use up.
    unzip.once(event, () => {
      over = true;
      goOn();
    });
  }
  for await (const piece of packed) {
    await new Promise<void>(resolve => {
      goOn = resolve;
      if (over) {
        resolve();
      } else {
        unzip.write(piece, () => resolve());
      }
    });
    if (over) {
      return;
    }
  }
  unzip.end();
}

/** zlib's error by what it says of the archive. */
function faultOf(error: unknown, unpacked: number): ArchiveFault {
  const { errno, message } = error as { errno?: unknown; message?: unknown };
  return new ArchiveFault(
    'ARCHIVE_DAMAGED',
    errno === constants.Z_BUF_ERROR
      ? `The archive is cut off after ${unpacked} unpacked bytes: its gzip stream has no end.`
      : `The archive is damaged: gzip says "${String(message)}" after ${unpacked} unpacked bytes.`
  );
}
