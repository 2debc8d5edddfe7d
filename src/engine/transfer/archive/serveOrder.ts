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
  state: 'expected' | 'asked' | 'over';
  /** Tells one sending of a file from the next. */
  upload?: string;
  promise?: { resolve: (bytes: LentBytes) => void; reject: (error: unknown) => void };
}

/** A part that nobody asks for so long, in milliseconds, while others wait is passed over. */
const PATIENCE_MS = 60_000;

/**
 * Brings what is asked for, by workers that overtake each other, into the order in which it will be
 * read: a line of all parts in the order of the plan, served from its head only.
 *
 * No worker waits for ever. Workers take parts in the order of the line and hold one each, so whoever
 * holds the head is not waiting here for another part: it will ask for the head, or say that the head
 * is not needed. A file that has to go once more joins the line at its end, as it joins the end of the
 * workers' queue. Should the one who holds the head be held up for a minute, others go first.
 */
export class ServeOrder {
  private line: Place[] = [];
  private head = 0;
  private readonly places = new Map<string, Place>();
  private asked = 0;
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
    place.state = 'asked';
    place.upload = upload;
    this.asked++;
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
    for (;;) {
      if (this.closedWith !== undefined) {
        return undefined;
      }
      this.passOver();
      const first = this.line[this.head];
      if (first?.state === 'asked') {
        return this.serve(first);
      }
      if (!(await this.change(this.asked > 0 ? this.patienceMs : undefined))) {
        const other = this.line.slice(this.head).find(({ state }) => state === 'asked');
        if (other !== undefined) {
          return this.serve(other);
        }
      }
    }
  }

  /** Ends everything; who waits gets the error. */
  close(error: Error): void {
    this.closedWith ??= { error };
    for (const place of this.line.slice(this.head)) {
      place.promise?.reject(error);
      place.promise = undefined;
    }
    this.wake();
  }

  private expect(file: PlannedFile): void {
    const step = file.method === 'multipart' ? file.partSizeBytes : file.sizeBytes;
    for (let start = 0; start < file.sizeBytes; start += step) {
      this.append(file, start, Math.min(file.sizeBytes, start + step));
    }
  }

  private append(file: PlannedFile, start: number, end: number): Place {
    const place: Place = { file, start, end, state: 'expected' };
    this.line.push(place);
    this.places.set(placeName(file, start), place);
    return place;
  }

  private placeFor(file: PlannedFile, start: number, upload: string | undefined): Place {
    const name = placeName(file, start);
    const known = this.places.get(name);
    if (known?.state === 'expected') {
      return known;
    }
    if (known !== undefined && known.upload === upload) {
      return this.append(file, start, known.end);
    }
    // Another upload: the whole file goes again, and its other parts will be asked for too.
    this.expect(file);
    const place = this.places.get(name);
    if (place === undefined) {
      throw new RangeError(`No part of ${file.path} begins at ${start}`);
    }
    return place;
  }

  private passOver(): void {
    while (this.line[this.head]?.state === 'over') {
      this.head++;
    }
    if (this.head > 1000) {
      this.line = this.line.slice(this.head);
      this.head = 0;
    }
  }

  private serve(place: Place): Wanted {
    const { file, start, end, promise } = place;
    place.state = 'over';
    place.promise = undefined;
    this.asked--;
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
