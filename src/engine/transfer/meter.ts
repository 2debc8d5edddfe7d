import { RateMeter } from './rates';
import type { CopyOptions, CopyProgress, FileProgress, PlannedFile, ProofMethod } from './types';

const REPORT_MS = 250;
const MOST_CAUSES = 12;
const OTHER_CAUSES = 'other causes';

interface MeteredFile extends FileProgress {
  /** Counts up when the file goes again: bytes of a try from before then count no more. */
  epoch: number;
}

/** The bytes of one try to send one range or file. */
export interface TryMeter {
  /** More bytes have gone to S3; of a try that is ahead of its length, only that length counts. */
  add(bytes: number): void;
  /** The whole range is in S3. */
  done(): void;
  /** What this try has sent will have to be sent again. */
  failed(): void;
}

/** Counts what has arrived and says so a few times a second. */
export class CopyMeter {
  retries = 0;
  /** Bytes that this run has sent and that did not have to be sent again. */
  movedNow = 0;
  /** Set by a mover whose bytes go through the disk. */
  downloadedBytes: number | undefined;
  /** Set by the same: when the disk will be full, where that is before the end. */
  secondsUntilFull: () => number | undefined = () => undefined;
  /** Requests that have ended well: many small files are slow by their number, not by their bytes. */
  requestsDone = 0;
  /** How often bytes were counted. */
  events = 0;
  private readonly files = new Map<string, MeteredFile>();
  private readonly active = new Set<MeteredFile>();
  private readonly causes = new Map<string, number>();
  private totalBytes: number;
  private readonly rates: RateMeter;
  private movedBytes = 0;
  private filesWhole = 0;
  private filesProved = 0;
  private connections = 0;
  private phase: CopyProgress['phase'] = 'copy';
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly startedAt: number;

  constructor(
    private readonly planned: readonly PlannedFile[],
    private readonly listeners: Pick<CopyOptions, 'onProgress' | 'onFile'>,
    private readonly now: () => number = Date.now
  ) {
    this.startedAt = now();
    this.rates = new RateMeter(this.startedAt);
    for (const { path, sizeBytes, action } of planned) {
      const there = action === 'skip' || action === 'prove';
      const file: MeteredFile = {
        path,
        sizeBytes,
        movedBytes: 0,
        state: action === 'skip' ? 'skipped' : 'waiting',
        epoch: 0
      };
      this.files.set(path, file);
      this.add(file, there ? sizeBytes : 0);
      if (action === 'skip') {
        this.filesProved++;
      }
    }
    this.totalBytes = planned.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  /** Counts only what is sent from here, where several workers share a plan; files without any are left out. */
  limitTo(ownBytes: (file: PlannedFile) => number): void {
    for (const file of this.planned) {
      const metered = this.files.get(file.path);
      const bytes = ownBytes(file);
      if (metered === undefined) {
        continue;
      }
      this.totalBytes += bytes - metered.sizeBytes;
      this.add(metered, Math.min(metered.movedBytes, bytes) - metered.movedBytes);
      this.change(metered, () => {
        metered.sizeBytes = bytes;
      });
      if (bytes === 0) {
        this.filesWhole -= Number(isWhole(metered));
        this.filesProved -= Number(metered.state === 'skipped');
        this.files.delete(file.path);
      }
    }
  }

  start(): void {
    if (this.listeners.onProgress !== undefined) {
      this.timer = setInterval(() => this.report(), REPORT_MS);
    }
    this.report();
  }

  stop(): void {
    clearInterval(this.timer);
    this.report();
  }

  setPhase(phase: CopyProgress['phase']): void {
    this.phase = phase;
    this.report();
  }

  setConnections(connections: number): void {
    this.connections = connections;
  }

  retried(cause: string): void {
    this.retries++;
    const known = this.causes.has(cause) || this.causes.size < MOST_CAUSES - 1;
    const name = known ? cause : OTHER_CAUSES;
    this.causes.set(name, (this.causes.get(name) ?? 0) + 1);
  }

  /** `sent` is false for bytes that an earlier run had sent. */
  moved(path: string, bytes: number, sent: boolean): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      this.add(file, bytes);
    }
    if (sent) {
      this.movedNow += bytes;
      this.requestsDone++;
    }
  }

  /** Counts one try byte by byte. */
  begin(path: string, lengthBytes: number): TryMeter {
    const file = this.files.get(path);
    const epoch = file?.epoch;
    let counted = 0;
    const add = (bytes: number): void => {
      counted += bytes;
      this.events++;
      if (file !== undefined && file.epoch === epoch) {
        this.add(file, bytes);
        this.movedNow += bytes;
      }
    };
    return {
      add: bytes => add(Math.min(bytes, lengthBytes - counted)),
      done: () => {
        add(lengthBytes - counted);
        this.requestsDone++;
      },
      failed: () => add(-counted)
    };
  }

  setState(path: string, state: FileProgress['state'], provedBy?: ProofMethod): void {
    const file = this.files.get(path);
    if (file === undefined || file.state === state) {
      return;
    }
    if (state === 'proved') {
      this.filesProved++;
    }
    this.change(file, () => {
      file.state = state;
    });
    if (state === 'copying' || state === 'proving') {
      this.active.add(file);
    } else {
      this.active.delete(file);
    }
    this.listeners.onFile?.({ path, state, ...(provedBy === undefined ? {} : { provedBy }) });
  }

  /** The file is in S3, whoever sent it. */
  arrived(path: string): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      file.epoch++;
      this.add(file, file.sizeBytes - file.movedBytes);
    }
  }

  /** The file goes again from its first byte. */
  restart(path: string): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      file.epoch++;
      this.movedNow = Math.max(0, this.movedNow - file.movedBytes);
      this.add(file, -file.movedBytes);
      this.setState(path, 'copying');
    }
  }

  get seconds(): number {
    return (this.now() - this.startedAt) / 1000;
  }

  snapshot(): CopyProgress {
    // All bytes are there, what is left is S3's work.
    const phase =
      this.phase === 'copy' && this.movedBytes === this.totalBytes ? 'proof' : this.phase;
    const secondsUntilFull = this.secondsUntilFull();
    const rates = this.rates.update(this.now(), this.movedNow, this.totalBytes - this.movedBytes);
    return {
      phase,
      totalBytes: this.totalBytes,
      movedBytes: this.movedBytes,
      ...(this.downloadedBytes === undefined ? {} : { downloadedBytes: this.downloadedBytes }),
      ...(secondsUntilFull === undefined ? {} : { secondsUntilFull }),
      bytesPerSecond: rates.recent,
      meanBytesPerSecond: rates.mean,
      secondsLeft: phase === 'copy' ? rates.secondsLeft : undefined,
      filesTotal: this.files.size,
      filesDone: this.filesWhole,
      filesProved: this.filesProved,
      retries: this.retries,
      retryCauses: Object.fromEntries(this.causes),
      connections: this.connections,
      files: Array.from(this.active, ({ path, sizeBytes, movedBytes, state }) => ({
        path,
        sizeBytes,
        movedBytes,
        state
      }))
    };
  }

  private add(file: MeteredFile, bytes: number): void {
    const before = file.movedBytes;
    this.change(file, () => {
      file.movedBytes = Math.max(0, Math.min(file.sizeBytes, before + bytes));
    });
    this.movedBytes += file.movedBytes - before;
  }

  private change(file: MeteredFile, change: () => void): void {
    const before = isWhole(file);
    change();
    this.filesWhole += Number(isWhole(file)) - Number(before);
  }

  private report(): void {
    this.listeners.onProgress?.(this.snapshot());
  }
}

function isWhole(file: MeteredFile): boolean {
  return file.movedBytes === file.sizeBytes && file.state !== 'waiting';
}
