import { clearInterval, setInterval } from 'node:timers';
import { formatBytes } from '../../disk';
import type { Printer } from '../output';
import { counted, formatClock, formatDuration } from '../text/layout';
import { cellWidth, fitEnd, fitMiddle, neutralise, padCells, toAscii } from '../text/plainText';
import { connectionsText, onDisk, percentOf, timeLeft } from './progressLines';
import { retriesText, retryText } from './retryText';
import type { ProgressClock, ProgressView, ShownFile, ShownProgress, Wait } from './types';

const REDRAW_GAP_MS = 100;
const TICK_MS = 1000;
const MAX_FILE_ROWS = 4;
const WIDEST_BAR = 40;
const NARROWEST_BAR = 8;
/** How long the row of counts gives way to what has just happened. */
const NOTE_SHOWN_MS = { wait: 10_000, retry: 10_000, connections: 4000 };

const ERASE_LINE = '\r\u001b[K';
const UP_ONE_LINE = '\u001b[1A';

/** For terminals: one block at the bottom that is drawn over itself; finished stages scroll away above. */
export function createProgressBars(
  printer: Printer,
  options: { clock: ProgressClock; asciiOnly: boolean }
): ProgressView {
  const { clock } = options;
  const glyphs = options.asciiOnly
    ? { full: '#', empty: '-', ellipsis: '~' }
    : { full: '█', empty: '░', ellipsis: '…' };
  let drawn = 0;
  let closed = false;
  let lastDrawAt = -Infinity;
  let content: (() => string[]) | undefined;
  let fileRows = -1;
  let waiting: { text: string; since: number } | undefined;
  let note: { kind: keyof typeof NOTE_SHOWN_MS; text: string; at: number } | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;

  const erase = (): void => {
    if (drawn > 0) {
      printer.steer(`${ERASE_LINE}${`${UP_ONE_LINE}${ERASE_LINE}`.repeat(drawn)}`);
      drawn = 0;
    }
  };
  const draw = (): void => {
    if (!content) {
      return;
    }
    const rows = content().map(row => {
      // What makes a row longer comes before it is cut.
      const text = options.asciiOnly ? toAscii(neutralise(row)) : neutralise(row);
      return fitEnd(text, printer.columns - 1, glyphs.ellipsis);
    });
    // Drawn over the old rows instead of erasing them first: that would flicker.
    printer.steer(UP_ONE_LINE.repeat(Math.min(drawn, rows.length)));
    for (const row of rows) {
      printer.steer('\r', row);
      printer.steer('\u001b[K\n');
    }
    drawn = rows.length;
    lastDrawAt = clock.now();
  };
  const show = (next: () => string[], now = false): void => {
    if (closed) {
      return;
    }
    content = next;
    ticker ??= setInterval(draw, TICK_MS);
    if (now || clock.now() - lastDrawAt >= REDRAW_GAP_MS) {
      draw();
    }
  };
  const currentNote = (): string | undefined =>
    note && clock.now() - note.at < NOTE_SHOWN_MS[note.kind] ? note.text : undefined;
  const remark = (kind: keyof typeof NOTE_SHOWN_MS, text: string): void => {
    // While something is waited for, that is what matters.
    if (kind === 'wait' || note?.kind !== 'wait' || currentNote() === undefined) {
      note = { kind, text, at: clock.now() };
    }
  };
  const clear = (): void => {
    erase();
    content = undefined;
    fileRows = -1;
    waiting = undefined;
    if (ticker !== undefined) {
      clearInterval(ticker);
      ticker = undefined;
    }
  };

  return {
    stage: text => {
      clear();
      printer.line(text);
    },
    status: (text, wait) => {
      if (fileRows >= 0 && wait !== undefined) {
        // The copy goes on reporting beside it.
        remark('wait', waitText(text, wait.waitedMs, wait));
        return;
      }
      if (fileRows >= 0) {
        clear();
      }
      if (wait ?? text !== waiting?.text) {
        waiting = { text, since: clock.now() - (wait?.waitedMs ?? 0) };
      }
      const since = waiting?.since ?? 0;
      show(() => [waitText(text, clock.now() - since, wait)], true);
    },
    copy: progress => {
      const first = fileRows < 0;
      if (first) {
        clear();
        const room = Math.max(0, printer.rows - 4);
        fileRows = Math.min(MAX_FILE_ROWS, progress.filesTotal, room);
      }
      show(
        () =>
          copyRows(progress, {
            columns: printer.columns - 1,
            fileRows: Math.max(0, fileRows),
            glyphs,
            note: currentNote()
          }),
        first
      );
    },
    retry: retry => remark('retry', retryText(retry)),
    connections: ({ connections, why }) => remark('connections', connectionsText(connections, why)),
    clear,
    close: () => {
      clear();
      closed = true;
    }
  };
}

function waitText(text: string, waitedMs: number, wait: Wait | undefined): string {
  const limit =
    wait?.budgetMs === undefined ? '' : ` of at most ${formatDuration(wait.budgetMs / 1000)}`;
  return `${text} (${formatClock(waitedMs / 1000)}${limit})`;
}

interface Glyphs {
  full: string;
  empty: string;
  /** One cell wide. */
  ellipsis: string;
}

interface RowOptions {
  columns: number;
  fileRows: number;
  glyphs: Glyphs;
  /** In place of the counts. */
  note?: string;
}

/**
 * The block of a copy: the whole, a line of counts, and as many files as there is room for. Every
 * field has a fixed width, so that nothing jumps while the numbers grow.
 */
export function copyRows(progress: ShownProgress, options: RowOptions): string[] {
  const label = { copy: 'Copy', proof: 'Proof', manifest: 'Manifest' }[progress.phase];
  const percent = percentOf(progress);
  const total = formatBytes(progress.totalBytes);
  const moved = formatBytes(progress.movedBytes).padStart(9);
  const rate = `${formatBytes(progress.bytesPerSecond)}/s`.padStart(11);
  const left = timeLeft(progress).padStart(12);
  const head = label.padEnd(9);
  const tails = [
    `${`${percent}`.padStart(4)} %  ${moved} of ${total} ${rate} ${left}`,
    `${`${percent}`.padStart(4)} % ${rate} ${left}`,
    `${`${percent}`.padStart(4)} %`
  ];
  const tail =
    tails.find(text => head.length + text.length + NARROWEST_BAR <= options.columns) ?? '';
  const room = Math.min(WIDEST_BAR, options.columns - head.length - tail.length);
  const counts = [
    onDisk(progress),
    `${progress.filesProved} of ${counted(progress.filesTotal, 'file')} proved`,
    counted(progress.connections, 'connection'),
    `mean ${formatBytes(progress.meanBytesPerSecond)}/s`,
    retriesText(progress)
  ]
    .filter(text => text !== '')
    .join(', ');
  const shown = activeFiles(progress.files ?? []).slice(0, options.fileRows);
  const nameWidth = Math.max(10, Math.min(48, options.columns - 30));
  const rows = [
    head + bar(percent, room, options.glyphs) + tail,
    `${' '.repeat(head.length)}${options.note ?? counts}`,
    ...shown.map(file => fileRow(file, nameWidth, options.glyphs.ellipsis))
  ];
  while (rows.length < options.fileRows + 2) {
    rows.push('');
  }
  return rows;
}

function fileRow(file: ShownFile, nameWidth: number, ellipsis: string): string {
  const { sizeBytes, movedBytes } = file;
  const percent =
    sizeBytes === undefined || movedBytes === undefined
      ? ' '.repeat(6)
      : `${sizeBytes === 0 ? 100 : Math.floor((100 * movedBytes) / sizeBytes)} %`.padStart(6);
  const name = padCells(fitMiddle(neutralise(file.path), nameWidth, ellipsis), nameWidth);
  return `  ${name} ${percent}  ${file.state}`;
}

/** In the order in which they began, so that a row stays with its file until it is done. */
function activeFiles(files: readonly ShownFile[]): ShownFile[] {
  return files.filter(file => file.state === 'copying' || file.state === 'proving');
}

function bar(percent: number, cells: number, glyphs: Glyphs): string {
  if (cells < NARROWEST_BAR) {
    return '';
  }
  const full = Math.round((cells * Math.min(100, Math.max(0, percent))) / 100);
  const text = glyphs.full.repeat(full) + glyphs.empty.repeat(cells - full);
  return cellWidth(text) === cells ? text : '';
}
