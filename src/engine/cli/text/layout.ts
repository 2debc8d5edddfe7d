import { cellWidth, neutralise, padCells } from './plainText';

export type Column = 'left' | 'right';

export type Field = readonly [label: string, value: string | number | undefined];

/** Label and value under each other, values aligned; fields without a value are left out. */
export function fieldLines(fields: readonly Field[], indent = 0): string[] {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([label]) => cellWidth(label)));
  return shown.map(
    ([label, value]) =>
      `${' '.repeat(indent)}${padCells(label, width)}  ${neutralise(String(value))}`
  );
}

/** Rows under an optional head, each column as wide as its widest cell. */
export function tableLines(
  rows: ReadonlyArray<readonly string[]>,
  options: { head?: readonly string[]; columns?: readonly Column[]; indent?: number } = {}
): string[] {
  const all = options.head ? [options.head, ...rows] : [...rows];
  const clean = all.map(row => row.map(neutralise));
  const count = Math.max(0, ...clean.map(row => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...clean.map(row => cellWidth(row[column] ?? '')))
  );
  return clean.map(row =>
    (
      ' '.repeat(options.indent ?? 0) +
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return options.columns?.[column] === 'right'
            ? ' '.repeat(width - cellWidth(cell)) + cell
            : padCells(cell, width);
        })
        .join('  ')
    ).trimEnd()
  );
}

/** Words under each other within `width` cells; never breaks inside a word. */
export function wrapLines(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of neutralise(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellWidth(longer) > width - indent) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map(part => ' '.repeat(indent) + part);
}

/** One point of a list, its later lines under the first. */
export function pointLines(text: string, width: number, indent = 0): string[] {
  return wrapLines(text, width, indent + 2).map((line, index) =>
    index === 0 ? `${' '.repeat(indent)}- ${line.trimStart()}` : line
  );
}

/** `0.4 s`, `12 s`, `4 min 05 s`, `1 h 02 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (seconds > 0 && seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  if (whole < 60) {
    return `${whole} s`;
  }
  const two = (part: number): string => String(part).padStart(2, '0');
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
    : `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `0:07`, `4:05`, `1:02:33`: a clock whose width does not jump. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (part: number): string => String(part).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** `2026-11-22 17:05 UTC`. */
export function formatMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `1 file`, `3 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
