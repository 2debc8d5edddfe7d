import { forecastFull, formatBytes, readAvailableBytes, SmoothedRate } from '../../disk';
import type { DiskUsage } from '../../disk';
import { BedrockImportError } from '../../errors';

/** How often the disk is asked, which costs it nothing. */
const LOOK_MS = 1_000;
/** Fast disks write more than the floor in a second: it is asked after so many bytes, too. */
const LOOK_BYTES = 128 * 2 ** 20;
/** What stays free for everything else: notebooks have to be saved, and logs written. */
const MOST_FLOOR_BYTES = 1e9;
/** On small disks 1 GB would be too much to ask. */
const FLOOR_SHARE = 0.02;

export interface DiskGuardInputs {
  /** Of the disk when the download began; nothing is watched on one without a limit. */
  usage: DiskUsage;
  /** What is still to come. */
  remainingBytes: () => number;
  /** Told once; nothing is watched any more then. */
  onNearlyFull: (error: BedrockImportError) => void;
}

/**
 * A download begins only where 2 GB would be left at its end, which is more than the floor: what brings
 * a disk to the floor is other programs, and no download that was planned to fit is stopped without them.
 */
export function floorBytesOf(usage: Pick<DiskUsage, 'totalBytes'>): number {
  return Math.min(MOST_FLOOR_BYTES, Math.floor(usage.totalBytes * FLOOR_SHARE));
}

/** Watches what is available on a disk while a download fills it, and stops it before nothing is. */
export class DiskGuard {
  /** Why the download was stopped. */
  failure: BedrockImportError | undefined;
  private readonly floorBytes: number;
  private readonly filling = new SmoothedRate();
  private readonly arriving = new SmoothedRate();
  private available: number | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private looking = false;
  private written = 0;
  private sinceLook = 0;

  constructor(private readonly inputs: DiskGuardInputs) {
    this.floorBytes = floorBytesOf(inputs.usage);
  }

  start(): void {
    if (!this.inputs.usage.unlimited) {
      this.timer = setInterval(() => void this.look(), LOOK_MS);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** So many bytes of the download are on the disk now. */
  wrote(bytes: number): void {
    this.written += bytes;
    this.sinceLook += bytes;
    if (this.sinceLook >= LOOK_BYTES && this.timer !== undefined) {
      void this.look();
    }
  }

  /** At the present rate; undefined while the download fits, or that is not known yet. */
  get secondsUntilFull(): number | undefined {
    const bytesPerSecond = this.filling.bytesPerSecond;
    if (this.available === undefined || bytesPerSecond === undefined) {
      return undefined;
    }
    return forecastFull({
      availableBytes: this.available,
      bytesPerSecond,
      remainingBytes: this.inputs.remainingBytes(),
      downloadBytesPerSecond: this.arriving.bytesPerSecond
    });
  }

  private async look(): Promise<void> {
    if (this.looking) {
      return;
    }
    this.looking = true;
    this.sinceLook = 0;
    try {
      // A disk that cannot be asked now is no full disk: writing to it will show what is wrong.
      const available = await readAvailableBytes(this.inputs.usage.path).catch(() => undefined);
      if (available !== undefined && this.timer !== undefined) {
        this.note(available);
      }
    } finally {
      this.looking = false;
    }
  }

  private note(available: number): void {
    const now = performance.now();
    this.available = available;
    this.filling.add(now, this.inputs.usage.totalBytes - available);
    this.arriving.add(now, this.written);
    if (available < this.floorBytes) {
      this.stop();
      this.failure = this.nearlyFull(available);
      this.inputs.onNearlyFull(this.failure);
    }
  }

  private nearlyFull(available: number): BedrockImportError {
    const { usage, remainingBytes } = this.inputs;
    return new BedrockImportError({
      code: 'DISK_NEARLY_FULL',
      message: `The download was stopped before the disk is full: ${formatBytes(available)} are left at ${usage.path}, ${formatBytes(this.floorBytes)} are kept free for everything else, and ${formatBytes(remainingBytes())} are still to come. Other programs have filled the disk meanwhile.`,
      subject: usage.path,
      nextStep:
        'Make room ("bedrock-import trash list", "bedrock-import cache list", "bedrock-import disk --largest" show what takes it) and go on with the job, or run the same command again: what has arrived is kept. Or copy without the disk.'
    });
  }
}
