import type { CopyProgress, FileProgress, PlannedFile } from './types';

/** Time constant of the recent rate: long enough that parts arriving in bursts do not make it jump. */
const RATE_WINDOW_MS = 8_000;
const REPORT_MS = 250;

/** Counts what has arrived and says so a few times a second. */
export class CopyMeter {
  readonly startedAt = Date.now();
  retries = 0;
  movedNow = 0;
  /** Set by a mover whose bytes go through the disk. */
  downloadedBytes: number | undefined;
  private readonly files = new Map<string, FileProgress>();
  private readonly samples: { at: number; moved: number }[] = [{ at: Date.now(), moved: 0 }];
  private readonly totalBytes: number;
  private phase: CopyProgress['phase'] = 'copy';
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    planned: readonly PlannedFile[],
    private readonly connections: number,
    private readonly listener: ((progress: CopyProgress) => void) | undefined
  ) {
    for (const file of planned) {
      this.files.set(file.path, {
        path: file.path,
        sizeBytes: file.sizeBytes,
        movedBytes: file.action === 'skip' || file.action === 'prove' ? file.sizeBytes : 0,
        state: file.action === 'skip' ? 'skipped' : 'waiting'
      });
    }
    this.totalBytes = planned.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  start(): void {
    if (this.listener !== undefined) {
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

  /** `sent` is false for bytes that an earlier run had sent. */
  moved(path: string, bytes: number, sent: boolean): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      file.movedBytes = Math.min(file.sizeBytes, file.movedBytes + bytes);
    }
    if (sent) {
      this.movedNow += bytes;
    }
  }

  setState(path: string, state: FileProgress['state']): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      file.state = state;
    }
  }

  /** The file goes again from its first byte. */
  restart(path: string): void {
    const file = this.files.get(path);
    if (file !== undefined) {
      file.movedBytes = 0;
      file.state = 'copying';
    }
  }

  get seconds(): number {
    return (Date.now() - this.startedAt) / 1000;
  }

  snapshot(): CopyProgress {
    const now = Date.now();
    this.samples.push({ at: now, moved: this.movedNow });
    while (this.samples.length > 2 && now - (this.samples[0]?.at ?? now) > RATE_WINDOW_MS) {
      this.samples.shift();
    }
    const first = this.samples[0] ?? { at: now, moved: 0 };
    const bytesPerSecond =
      now > first.at ? ((this.movedNow - first.moved) * 1000) / (now - first.at) : 0;
    const files = [...this.files.values()];
    const movedBytes = files.reduce((sum, file) => sum + file.movedBytes, 0);
    const proved = files.filter(file => file.state === 'proved' || file.state === 'skipped').length;
    return {
      // All bytes are there, what is left is S3's work.
      phase: this.phase === 'copy' && movedBytes === this.totalBytes ? 'proof' : this.phase,
      totalBytes: this.totalBytes,
      movedBytes,
      ...(this.downloadedBytes === undefined ? {} : { downloadedBytes: this.downloadedBytes }),
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? (this.totalBytes - movedBytes) / bytesPerSecond : undefined,
      filesTotal: files.length,
      filesDone: files.filter(
        file => file.movedBytes === file.sizeBytes && file.state !== 'waiting'
      ).length,
      filesProved: proved,
      retries: this.retries,
      connections: this.connections,
      files: files.map(file => ({ ...file }))
    };
  }

  private report(): void {
    this.listener?.(this.snapshot());
  }
}
