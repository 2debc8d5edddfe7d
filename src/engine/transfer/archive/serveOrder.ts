import type { PlannedFile } from '../types';

/** Bytes in memory that somebody else gets after `release`. */
export interface LentBytes {
  bytes: Uint8Array;
  release(): void;
}

/** Something that has to be read: bytes `[start, end)` of a file. */
export interface Wanted {
  file: PlannedFile;
  start: number;
  end: number;
  answer(bytes: LentBytes): void;
  refuse(error: unknown): void;
}

interface Place {
  file: PlannedFile;
  start: number;
  end: number;
  /** `late` is what was expected for too long: it is served when it is asked for, but not waited for. */
  state: 'expected' | 'late' | 'asked' | 'over';
  promise?: { resolve: (bytes: LentBytes) => void; reject: (error: unknown) => void };
}

/** What nobody asks for, for so many milliseconds, while others wait, is not waited for any more. */
const PATIENCE_MS = 60_000;

/**
 * Brings what is asked for, by workers that overtake each other, into the order in which it will be
 * read: a line of all parts in the order of the plan, served from its head only.
 *
 * No worker waits for ever. Workers take parts in the order of the line and hold one each, so whoever
 * holds the head is not waiting here for another part: it will ask for the head, or say that the head
 * is not needed. A file that has to go once more joins the line at its end, as it joins the end of the
 * workers' queue. What is asked for a second time goes first, because its place is behind the reader
 * anyway. Should whoever holds the head be held up for a minute, others go first.
 */
export class ServeOrder {
  private line: Place[] = [];
  private head = 0;
  private readonly urgent: Place[] = [];
  /** The newest place of each part. */
  private readonly places = new Map<string, Place>();
  /** The upload that a file's parts are asked for; another one means that the file goes again. */
  private readonly uploads = new Map<string, string | undefined>();
  private readonly waiting = new Set<Place>();
  private closedWith: { error: Error } | undefined;
  private wake: () => void = () => undefined;

  /** @param files in the order in which they will be asked for */
  constructor(
    files: readonly PlannedFile[],
    private readonly patienceMs = PATIENCE_MS
  ) {
    for (const file of files) {
      this.expect(file);
    }
  }

  /** The bytes, as soon as all that comes before them has been read. */
  ask(file: PlannedFile, start: number, upload?: string): Promise<LentBytes> {
    if (this.closedWith !== undefined) {
      return Promise.reject(this.closedWith.error);
    }
    const place = this.placeFor(file, start, upload);
    if (place.state !== 'expected') {
      this.urgent.push(place);
    }
    place.state = 'asked';
    this.waiting.add(place);
    return new Promise((resolve, reject) => {
      place.promise = { resolve, reject };
      this.wake();
    });
  }

  /** Nobody will ask for this. */
  skip(file: PlannedFile, start: number): void {
    const place = this.places.get(placeName(file, start));
    if (place?.state === 'expected') {
      place.state = 'over';
      this.wake();
    }
  }

  /** What is to be read next; `undefined` after the end. */
  async next(): Promise<Wanted | undefined> {
    while (this.closedWith === undefined) {
      const first = this.urgent.shift() ?? this.firstInLine();
      if (first?.state === 'asked') {
        return this.serve(first);
      }
      if (!(await this.change(this.waiting.size > 0 ? this.patienceMs : undefined))) {
        this.giveUpWaiting();
      }
    }
    return undefined;
  }

  /** Ends everything; who waits gets the error. */
  close(error: Error): void {
    this.closedWith ??= { error };
    for (const place of this.waiting) {
      place.promise?.reject(error);
      place.promise = undefined;
    }
    this.waiting.clear();
    this.wake();
  }

  private expect(file: PlannedFile): void {
    const step = file.method === 'multipart' ? file.partSizeBytes : file.sizeBytes;
    for (let start = 0; start < file.sizeBytes; start += step) {
      const end = Math.min(file.sizeBytes, start + step);
      const place: Place = { file, start, end, state: 'expected' };
      const earlier = this.places.get(placeName(file, start));
      if (earlier?.state === 'expected') {
        earlier.state = 'over';
      }
      this.line.push(place);
      this.places.set(placeName(file, start), place);
    }
  }

  private placeFor(file: PlannedFile, start: number, upload: string | undefined): Place {
    const name = placeName(file, start);
    const goesAgain = this.uploads.has(file.path) && this.uploads.get(file.path) !== upload;
    if (goesAgain || !this.places.has(name)) {
      this.expect(file);
    }
    this.uploads.set(file.path, upload);
    const place = this.places.get(name);
    if (place === undefined) {
      throw new RangeError(`No part of ${file.path} begins at ${start}`);
    }
    return place;
  }

  private firstInLine(): Place | undefined {
    let place = this.line[this.head];
    while (place?.state === 'over' || place?.state === 'late') {
      place = this.line[++this.head];
    }
    if (this.head > 1000) {
      this.line = this.line.slice(this.head);
      this.head = 0;
    }
    return place;
  }

  private giveUpWaiting(): void {
    for (let at = this.head; this.line[at]?.state !== 'asked' && at < this.line.length; at++) {
      const place = this.line[at];
      if (place?.state === 'expected') {
        place.state = 'late';
      }
    }
  }

  private serve(place: Place): Wanted {
    const { file, start, end, promise } = place;
    place.state = 'over';
    place.promise = undefined;
    this.waiting.delete(place);
    return {
      file,
      start,
      end,
      answer: bytes => promise?.resolve(bytes),
      refuse: error => promise?.reject(error)
    };
  }

  /** @returns false when nothing happened for so long. */
  private change(limitMs: number | undefined): Promise<boolean> {
    return new Promise(resolve => {
      const timer = limitMs === undefined ? undefined : setTimeout(() => resolve(false), limitMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

function placeName(file: PlannedFile, start: number): string {
  return `${start} ${file.path}`;
}
