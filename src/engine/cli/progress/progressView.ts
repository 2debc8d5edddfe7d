import type { Printer } from '../output';
import { createProgressBars } from './progressBars';
import { createProgressLines } from './progressLines';
import type { ProgressClock, ProgressView } from './types';

export type { ProgressClock, ProgressView, Wait } from './types';

/** Bars on a terminal, plain lines elsewhere or when asked for. */
export function createProgressView(
  printer: Printer,
  options: { plain: boolean; asciiOnly: boolean; clock?: ProgressClock }
): ProgressView {
  const clock = options.clock ?? { now: () => performance.now() };
  return options.plain || !printer.isTerminal
    ? createProgressLines(printer, clock)
    : createProgressBars(printer, { clock, asciiOnly: options.asciiOnly });
}
