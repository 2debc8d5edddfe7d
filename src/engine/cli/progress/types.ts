import type { JobProgress } from '../../jobs';
import type { CopyRetry, FileProgress } from '../../transfer';

/** How a long step shows on stderr: bars that redraw in place, or plain lines. */
export interface ProgressView {
  /** Something began or ended: always a line of its own. */
  readonly stage: (text: string) => void;
  /** The newest state of a step without measurable progress; replaces the last one where it can. */
  readonly status: (text: string, wait?: Wait) => void;
  readonly copy: (progress: ShownProgress) => void;
  readonly retry: (retry: CopyRetry) => void;
  readonly connections: (change: ConnectionChange) => void;
  /** Takes bars and status off the screen; the view can go on afterwards. */
  readonly clear: () => void;
  /** Clears, and from then on shows stages only. */
  readonly close: () => void;
}

/** A file at work; of a copy in another process the bytes of single files are not known. */
export type ShownFile = Pick<FileProgress, 'path' | 'state'> &
  Partial<Pick<FileProgress, 'sizeBytes' | 'movedBytes'>>;

export interface ShownProgress extends JobProgress {
  files?: readonly ShownFile[];
}

/** How many parts may now be on their way at the same time, and why it is another number. */
export interface ConnectionChange {
  connections: number;
  why: string;
}

/** How long something has been waited for already, and for how long it will be, in milliseconds. */
export interface Wait {
  waitedMs: number;
  budgetMs?: number;
}

export interface ProgressClock {
  /** Milliseconds. */
  now(): number;
}
