import type { CopyProgress, CopyRetry } from '../../transfer';
import type { Printer } from '../output';
import { createProgressBars } from './progressBars';
import { createProgressLines } from './progressLines';

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

export function createProgressView(
  printer: Printer,
  options: { plain: boolean; asciiOnly: boolean; clock?: ProgressClock }
): ProgressView {
  const clock = options.clock ?? { now: () => performance.now() };
  return options.plain || !printer.isTerminal
    ? createProgressLines(printer, clock)
    : createProgressBars(printer, { clock, asciiOnly: options.asciiOnly });
}

export function retryText(retry: CopyRetry): string {
  const part = retry.part === undefined ? '' : `, part ${retry.part}`;
  const wait = Math.max(1, Math.round(retry.waitMs / 1000));
  return `Trying ${retry.path}${part} again in ${wait} s (try ${retry.attempt + 1}): ${retry.cause}`;
}
