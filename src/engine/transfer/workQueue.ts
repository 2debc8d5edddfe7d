/**
 * Parts of many files for a few workers. A file is handed out part by part, lazily, so that a model of
 * any size costs one entry a file; work may be added while workers run (a file that has to go again).
 */
export interface FileWork<F> {
  file: F;
  partCount: number;
}

export class WorkQueue<F> {
  private readonly cursors: { work: FileWork<F>; next: number }[] = [];
  private readonly waiting: ((part: { file: F; index: number } | undefined) => void)[] = [];
  private held = 0;
  private closed = false;

  push(work: FileWork<F>): void {
    this.cursors.push({ work, next: 0 });
    this.wake();
  }

  /** The next part; `undefined` when nothing is left and nothing held can add more. */
  async take(): Promise<{ file: F; index: number } | undefined> {
    const part = this.shift();
    if (part !== undefined) {
      return part;
    }
    if (this.closed || this.held === 0) {
      return undefined;
    }
    return new Promise(resolve => this.waiting.push(resolve));
  }

  /** Says that a part which was taken is done; until then it may add to the queue. */
  release(): void {
    this.held--;
    this.wake();
  }

  get isEmpty(): boolean {
    return this.closed || this.cursors.length === 0;
  }

  /** Nothing more is handed out. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  private shift(): { file: F; index: number } | undefined {
    if (this.closed) {
      return undefined;
    }
    const cursor = this.cursors[0];
    if (cursor === undefined) {
      return undefined;
    }
    const index = cursor.next++;
    if (cursor.next >= cursor.work.partCount) {
      this.cursors.shift();
    }
    this.held++;
    return { file: cursor.work.file, index };
  }

  private wake(): void {
    while (this.waiting.length > 0) {
      const part = this.shift();
      if (part === undefined && !this.closed && this.held > 0) {
        return;
      }
      this.waiting.shift()?.(part);
    }
  }
}
