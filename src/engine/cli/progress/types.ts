import type { CopyProgress, CopyRetry } from '../../transfer';

/** How a long step shows on stderr: bars that redraw in place, or plain lines. */
export interface ProgressView {
  /** Something began or ended: always a line of its own. */
  readonly stage: (text: string) => void;
  /** The newest state of a step without measurable progress; replaces the last one where it can. */
  readonly status: (text: string, wait?: Wait) => void;
  readonly copy: (progress: CopyProgress) => void;
  readonly retry: (retry: CopyRetry) => void;
  /** Takes bars and status off the screen; the view can go on afterwards. */
  readonly clear: () => void;
  /** Clears, and from then on shows stages only. */
  readonly close: () => void;
}

/** How long something has been waited for already, and for how long it will be, in milliseconds. */
export interface Wait {
  waitedMs: number;
  budgetMs: number;
}

export interface ProgressClock {
  /** Milliseconds. */
  now(): number;
}
