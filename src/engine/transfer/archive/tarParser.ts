import { ArchiveFault } from './archiveErrors';
import { readPaxRecords } from './paxRecords';
import type { PaxRecords } from './paxRecords';
import { BLOCK_BYTES, decodeName, isZeroBlock, readTarHeader, textBefore } from './tarHeader';
import type { TarHeader } from './tarHeader';

export type TarEntryKind =
  'file' | 'folder' | 'hard link' | 'symbolic link' | 'device' | 'pipe' | 'sparse file' | 'other';

/** One entry of an archive, with what the entries before it say of it. */
export interface TarEntry {
  kind: TarEntryKind;
  /** As the archive spells it; `undefined` when it is not UTF-8. */
  name: string | undefined;
  linkName: string | undefined;
  /** Bytes of the body in the archive. */
  sizeBytes: number;
  /** Where the body begins in the unpacked archive. */
  offset: number;
}

/** Is told of the entries in the archive's order. What it throws ends the parsing. */
export interface TarListener {
  entry(entry: TarEntry): void;
  /** The next bytes of the entry's body; valid until the call returns. */
  data(piece: Uint8Array): void;
  /** The body is whole. */
  entryEnd(): void;
}

/** Largest pax header or long name that is kept; real ones have some hundred bytes. */
const MAX_META_BYTES = 2 ** 20;
/** Largest file that an object in S3 can be (Amazon S3 User Guide, "Amazon S3 multipart upload limits"). */
export const MAX_FILE_BYTES = 5 * 2 ** 40;

type Phase = 'header' | 'sparse map' | 'meta' | 'body' | 'padding' | 'end';

/**
 * Reads a tar archive that is pushed in pieces of any size; holds one block and one pax header at most.
 * Ends, as tar does, at the first block of zeros.
 *
 * @throws ArchiveFault
 */
export class TarParser {
  /** Of the next byte in the unpacked archive. */
  position = 0;
  private phase: Phase = 'header';
  private readonly block = new Uint8Array(BLOCK_BYTES);
  private filled = 0;
  /** Bytes that are still to come of what the phase reads. */
  private left = 0;
  private padding = 0;
  private header: TarHeader | undefined;
  private meta: Uint8Array[] = [];
  private longName: { text: string | undefined } | undefined;
  private longLink: { text: string | undefined } | undefined;
  private globalPax: PaxRecords = new Map();
  private pax: PaxRecords = new Map();

  constructor(private readonly listener: TarListener) {}

  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0) {
      const taken = this.take(rest);
      this.position += taken;
      rest = rest.subarray(taken);
      this.advance();
    }
  }

  /** No more bytes come. An archive without the closing zeros is whole all the same. */
  finish(): void {
    if (this.phase === 'end' || (this.phase === 'header' && this.filled === 0)) {
      return;
    }
    const inside = this.phase === 'body' ? ` inside ${this.header?.name ?? 'a file'}` : '';
    throw new ArchiveFault(
      'ARCHIVE_DAMAGED',
      `The archive is cut off${inside}, after ${this.position} unpacked bytes.`
    );
  }

  /** Uses some of the bytes, at least one. */
  private take(bytes: Uint8Array): number {
    switch (this.phase) {
      case 'header':
      case 'sparse map': {
        const count = Math.min(bytes.length, BLOCK_BYTES - this.filled);
        this.block.set(bytes.subarray(0, count), this.filled);
        this.filled += count;
        return count;
      }
      case 'meta':
      case 'body': {
        const piece = bytes.subarray(0, Math.min(bytes.length, this.left));
        if (this.phase === 'body') {
          this.listener.data(piece);
        } else {
          this.meta.push(piece.slice());
        }
        this.left -= piece.length;
        return piece.length;
      }
      case 'padding': {
        const count = Math.min(bytes.length, this.left);
        this.left -= count;
        return count;
      }
      case 'end':
        return bytes.length;
    }
  }

  /** Goes on to the next phase as often as one is at its end. */
  private advance(): void {
    switch (this.phase) {
      case 'header':
        if (this.filled === BLOCK_BYTES) {
          this.filled = 0;
          this.readHeader();
        }
        return;
      case 'sparse map':
        if (this.filled === BLOCK_BYTES) {
          this.filled = 0;
          if (this.block[504] !== 1) {
            this.beginEntry();
          }
        }
        return;
      case 'meta':
        if (this.left === 0) {
          this.readMeta();
          this.beginPadding();
        }
        return;
      case 'body':
        if (this.left === 0) {
          this.listener.entryEnd();
          this.beginPadding();
        }
        return;
      case 'padding':
        if (this.left === 0) {
          this.phase = 'header';
        }
        return;
      case 'end':
    }
  }

  private readHeader(): void {
    if (isZeroBlock(this.block)) {
      this.phase = 'end';
      return;
    }
    const header = readTarHeader(this.block);
    if (header === undefined) {
      const at = this.position - BLOCK_BYTES;
      throw at === 0
        ? new ArchiveFault('ARCHIVE_UNKNOWN_FORMAT', 'This is not a tar archive.')
        : new ArchiveFault(
            'ARCHIVE_DAMAGED',
            `The archive is damaged: there is no file header where one must be, at unpacked byte ${at}.`
          );
    }
    this.header = header;
    if (['x', 'X', 'g', 'L', 'K'].includes(header.type)) {
      if (header.storedBytes > MAX_META_BYTES) {
        throw new ArchiveFault(
          'ARCHIVE_DAMAGED',
          `The archive is damaged or was made to do harm: it has a file name of ${header.storedBytes} bytes.`
        );
      }
      this.beginBody('meta', header.storedBytes);
      return;
    }
    if (header.mapGoesOn) {
      this.phase = 'sparse map';
      return;
    }
    this.beginEntry();
  }

  private beginEntry(): void {
    const entry = this.describe();
    this.longName = undefined;
    this.longLink = undefined;
    this.pax = new Map();
    if (entry.sizeBytes > MAX_FILE_BYTES) {
      throw new ArchiveFault(
        'ARCHIVE_TOO_LARGE',
        `${entry.name ?? 'A file'} in the archive has ${entry.sizeBytes} bytes; an object in S3 can have 5 TiB.`
      );
    }
    this.listener.entry(entry);
    this.beginBody('body', entry.sizeBytes);
  }

  private beginBody(phase: 'meta' | 'body', sizeBytes: number): void {
    this.phase = phase;
    this.left = sizeBytes;
    this.padding = (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
    if (sizeBytes === 0) {
      this.advance();
    }
  }

  private beginPadding(): void {
    this.left = this.padding;
    this.phase = this.left === 0 ? 'header' : 'padding';
  }

  private readMeta(): void {
    const body = Buffer.concat(this.meta);
    this.meta = [];
    const type = this.header?.type;
    if (type === 'L') {
      this.longName = { text: decodeName(textBefore(body)) };
      return;
    }
    if (type === 'K') {
      this.longLink = { text: decodeName(textBefore(body)) };
      return;
    }
    const records = readPaxRecords(body);
    if (records === undefined) {
      throw new ArchiveFault(
        'ARCHIVE_DAMAGED',
        `The archive is damaged: a pax header before unpacked byte ${this.position} cannot be read.`
      );
    }
    if (type === 'g') {
      this.globalPax = new Map([...this.globalPax, ...records]);
    } else {
      this.pax = records;
    }
  }

  private describe(): TarEntry {
    const header = this.header as TarHeader;
    const fromPax = (keyword: string): { text: string | undefined } | undefined => {
      for (const records of [this.pax, this.globalPax]) {
        if (records.has(keyword)) {
          const text = records.get(keyword);
          // An empty value takes a global one back.
          return text === '' ? undefined : { text };
        }
      }
      return undefined;
    };
    const named = fromPax('GNU.sparse.name') ?? fromPax('path') ?? this.longName;
    const linked = fromPax('linkpath') ?? this.longLink;
    const name = named === undefined ? header.name : named.text;
    const kind = this.kindOf(header.type, name);
    return {
      kind,
      name,
      linkName: linked === undefined ? header.linkName : linked.text,
      sizeBytes: hasBody(header.type, kind) ? this.storedBytes(header, fromPax('size')) : 0,
      offset: this.position
    };
  }

  private kindOf(type: string, name: string | undefined): TarEntryKind {
    const sparse = [...this.pax.keys()].some(keyword => keyword.startsWith('GNU.sparse.'));
    switch (type) {
      case '0':
      case '7':
        if (sparse) {
          return 'sparse file';
        }
        // Version 7 had no type for folders.
        return name?.endsWith('/') === true ? 'folder' : 'file';
      case '1':
        return 'hard link';
      case '2':
        return 'symbolic link';
      case '3':
      case '4':
        return 'device';
      // GNU's list of a folder's files, and the label of a tape: neither stands for a file.
      case 'D':
      case 'V':
      case '5':
        return 'folder';
      case '6':
        return 'pipe';
      case 'S':
        return 'sparse file';
      default:
        return 'other';
    }
  }

  private storedBytes(header: TarHeader, stated: { text: string | undefined } | undefined): number {
    if (stated === undefined) {
      return header.storedBytes;
    }
    const size = /^\d{1,20}$/.test(stated.text ?? '') ? Number(stated.text) : Number.NaN;
    if (Number.isNaN(size)) {
      throw new ArchiveFault(
        'ARCHIVE_DAMAGED',
        `The archive is damaged: the size of ${header.name ?? 'a file'} cannot be read.`
      );
    }
    return size;
  }
}

/** Links, folders, devices and pipes have no body, whatever size their header states. */
function hasBody(type: string, kind: TarEntryKind): boolean {
  return kind === 'folder' ? type === 'D' || type === '0' || type === '7' : !/[1-6]/.test(type);
}
