import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { throwIfCancelled } from '../errors';

const CHUNK_BYTES = 2 ** 20;
/** The longest of the names that lead to outputs; what is longer is another one. */
const LONGEST_NAME = 'worksheets'.length;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Bytes that the outputs of all cells take in a notebook: the values of `outputs` as they stand in the
 * file. Read piece by piece, so that memory does not grow with the notebook. No link is followed.
 *
 * @returns undefined for what is no notebook, or cannot be read
 * @throws BedrockImportError `CANCELLED`
 */
export async function measureNotebookOutputs(
  path: string,
  { signal }: { signal?: AbortSignal } = {}
): Promise<number | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => undefined);
  try {
    const scan = new OutputScan();
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      throwIfCancelled(signal, path);
      const read = await handle?.read(chunk, 0, chunk.length, null).catch(() => undefined);
      if (read === undefined) {
        return undefined;
      }
      if (read.bytesRead === 0) {
        return scan.finish();
      }
      if (!scan.feed(chunk.subarray(0, read.bytesRead))) {
        return undefined;
      }
    }
  } finally {
    await handle?.close();
  }
}

interface Container {
  isArray: boolean;
  /** Of an object: the name whose value comes or has begun. */
  name: string;
}

/** Follows the brackets and names of a JSON text without making anything of it. */
class OutputScan {
  private readonly open: Container[] = [];
  private inString = false;
  private afterBackslash = false;
  /** The string that is being read, as far as it may be a name that matters. */
  private text = '';
  private offset = 0;
  private outputsAt: { offset: number; depth: number } | undefined;
  private bytes = 0;
  private ended = false;

  /** False when this cannot be a notebook. */
  feed(chunk: Uint8Array): boolean {
    let position = 0;
    while (position < chunk.length) {
      if (this.inString) {
        position = this.passString(chunk, position);
        continue;
      }
      const byte = chunk[position] ?? 0;
      if (!this.take(byte, this.offset + position)) {
        return false;
      }
      position++;
    }
    this.offset += chunk.length;
    return true;
  }

  finish(): number | undefined {
    return this.ended && !this.inString ? this.bytes : undefined;
  }

  private take(byte: number, at: number): boolean {
    switch (byte) {
      case QUOTE:
        this.inString = true;
        this.text = '';
        return this.open.length > 0;
      case 0x7b: // {
      case 0x5b: // [
        return this.enter(byte === 0x5b, at);
      case 0x7d: // }
      case 0x5d: // ]
        return this.leave(byte === 0x5d, at);
      case 0x3a: {
        // A colon: the string before it was a name.
        const top = this.open.at(-1);
        if (top === undefined || top.isArray) {
          return false;
        }
        top.name = this.text;
        return true;
      }
      default:
        // Numbers, words, commas and spaces; outside of everything only spaces.
        return this.open.length > 0 || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
    }
  }

  private enter(isArray: boolean, at: number): boolean {
    if (this.open.length === 0 && (isArray || this.ended)) {
      return false;
    }
    if (isArray && this.outputsAt === undefined && this.isOutputs()) {
      this.outputsAt = { offset: at, depth: this.open.length };
    }
    this.open.push({ isArray, name: '' });
    return true;
  }

  private leave(isArray: boolean, at: number): boolean {
    if (this.open.pop()?.isArray !== isArray) {
      return false;
    }
    if (this.outputsAt?.depth === this.open.length) {
      const bytes = at + 1 - this.outputsAt.offset;
      // An empty list is no output.
      this.bytes += bytes > 2 ? bytes : 0;
      this.outputsAt = undefined;
    }
    this.ended ||= this.open.length === 0;
    return true;
  }

  /** `cells[…].outputs`, in notebooks of before 2015 `worksheets[…].cells[…].outputs`. */
  private isOutputs(): boolean {
    if (this.open.length !== 3 && this.open.length !== 5) {
      return false;
    }
    const way = this.open.map(({ isArray, name }) => (isArray ? '[]' : name)).join('.');
    return way === 'cells.[].outputs' || way === 'worksheets.[].cells.[].outputs';
  }

  /** Strings are nearly all of a notebook: images in base64 are looked through by native code. */
  private passString(chunk: Uint8Array, from: number): number {
    let position = from;
    if (this.afterBackslash) {
      this.afterBackslash = false;
      position++;
    }
    for (;;) {
      const quote = chunk.indexOf(QUOTE, position);
      const end = quote < 0 ? chunk.length : quote;
      const backslash = chunk.subarray(position, end).indexOf(BACKSLASH);
      if (backslash < 0) {
        this.note(chunk.subarray(from, end));
        this.inString = quote < 0;
        return quote < 0 ? end : quote + 1;
      }
      position += backslash + 2;
      if (position > chunk.length) {
        this.note(chunk.subarray(from));
        this.afterBackslash = true;
        return chunk.length;
      }
    }
  }

  private note(bytes: Uint8Array): void {
    if (this.text.length <= LONGEST_NAME) {
      const few = bytes.subarray(0, LONGEST_NAME + 1 - this.text.length);
      this.text += String.fromCharCode(...few);
    }
  }
}
