import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { LeftOutFile } from '../../model';
import { ArchiveFault } from './archiveErrors';
import { normaliseMemberName } from './memberName';
import type { TarEntry, TarListener } from './tarParser';

/** A file in the archive. */
export interface ArchiveMember {
  /** Below the archive's root. */
  path: string;
  sizeBytes: number;
  /** Where its bytes begin in the unpacked archive. */
  offset: number;
  /** Hex, of its bytes. */
  sha256: string;
}

/** More entries than a model can have; an archive of a million empty files is small. */
export const MAX_ENTRIES = 100_000;
/** One text that is kept; an index of a model with many experts has some megabytes. */
const MAX_TEXT_BYTES = 32 * 2 ** 20;
/** All texts that are kept; what does not fit is read from the archive again when it is asked for. */
const MAX_TEXTS_BYTES = 64 * 2 ** 20;

/** Files that the inspection of a model may want to read. */
const READ_LATER = /\.(json|jinja|txt)$/;

/** Hashes every file of an archive that passes by, and keeps the small texts among them. */
export class MemberIndex implements TarListener {
  /** Later ones of the same path replace earlier ones, as tar does; in the order of their offsets. */
  readonly members = new Map<string, ArchiveMember>();
  readonly leftOut: LeftOutFile[] = [];
  readonly texts = new Map<string, Uint8Array>();
  private entries = 0;
  private textBytes = 0;
  private current: { path: string; entry: TarEntry; hash: Hash; pieces?: Uint8Array[] } | undefined;

  entry(entry: TarEntry): void {
    this.current = undefined;
    if (++this.entries > MAX_ENTRIES) {
      throw new ArchiveFault(
        'ARCHIVE_TOO_LARGE',
        `There are more than ${MAX_ENTRIES} entries in the archive, which is not what a model looks like.`
      );
    }
    if (entry.kind === 'folder') {
      return;
    }
    const name = normaliseMemberName(entry.name);
    if ('refused' in name) {
      this.leaveOut(printable(entry.name), entry, name.refused);
      return;
    }
    this.forget(name.path);
    if (entry.kind !== 'file' || name.path === '') {
      this.leaveOut(name.path || printable(entry.name), entry, reasonAgainst(entry));
      return;
    }
    this.current = {
      path: name.path,
      entry,
      hash: createHash('sha256'),
      ...(this.isKept(name.path, entry.sizeBytes) ? { pieces: [] } : {})
    };
  }

  data(piece: Uint8Array): void {
    this.current?.hash.update(piece);
    this.current?.pieces?.push(piece.slice());
  }

  entryEnd(): void {
    if (this.current === undefined) {
      return;
    }
    const { path, entry, hash, pieces } = this.current;
    this.current = undefined;
    this.members.set(path, {
      path,
      sizeBytes: entry.sizeBytes,
      offset: entry.offset,
      sha256: hash.digest('hex')
    });
    if (pieces !== undefined) {
      this.textBytes += entry.sizeBytes;
      this.texts.set(path, new Uint8Array(Buffer.concat(pieces)));
    }
  }

  private isKept(path: string, sizeBytes: number): boolean {
    return (
      READ_LATER.test(path) &&
      sizeBytes <= MAX_TEXT_BYTES &&
      this.textBytes + sizeBytes <= MAX_TEXTS_BYTES
    );
  }

  private forget(path: string): void {
    this.members.delete(path);
    this.textBytes -= this.texts.get(path)?.length ?? 0;
    this.texts.delete(path);
  }

  private leaveOut(path: string, entry: TarEntry, reason: string): void {
    this.leftOut.push({ path, sizeBytes: entry.sizeBytes, reason });
  }
}

function reasonAgainst(entry: TarEntry): string {
  switch (entry.kind) {
    case 'hard link':
    case 'symbolic link':
      return `a ${entry.kind} to ${printable(entry.linkName)} in the archive, not a file`;
    case 'sparse file':
      return 'stored in the archive as a sparse file; make the archive without --sparse';
    case 'device':
    case 'pipe':
      return `a ${entry.kind} in the archive, not a file`;
    default:
      return 'an entry of the archive that is not a file';
  }
}

/** A name that was refused may hold anything. */
function printable(name: string | undefined): string {
  return name === undefined ? '(not UTF-8)' : name.replace(/\p{Cc}/gu, '?').slice(0, 200);
}
