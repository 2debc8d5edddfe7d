import type { TranslationBundle } from '@jupyterlab/translation';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimals of a value in each unit: enough to tell models and volumes apart. */
const DECIMALS = [0, 0, 1, 2, 2, 2] as const;

const numbers = DECIMALS.map(
  decimals =>
    new Intl.NumberFormat(undefined, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals
    })
);

const counts = new Intl.NumberFormat();

/** Bytes in decimal units, as the hub and AWS give them: `66.05 GB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${numbers[unit]?.format(value) ?? value} ${UNITS[unit] ?? ''}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

export function formatCount(count: number): string {
  return counts.format(count);
}

/** Parameters of a model as they are spoken of: `8.03 B`, `135 M`. */
export function formatParameters(parameters: number): string {
  if (parameters >= 1e9) {
    return `${(parameters / 1e9).toPrecision(3)} B`;
  }
  return parameters >= 1e6 ? `${Math.round(parameters / 1e6)} M` : formatCount(parameters);
}

/** Seconds as a rough time: `8 s`, `12 min`, `1 h 5 min`. */
export function formatDuration(seconds: number, trans: TranslationBundle): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) {
    return trans.__('%1 s', rounded);
  }
  const minutes = Math.round(rounded / 60);
  if (minutes < 60) {
    return trans.__('%1 min', minutes);
  }
  return trans.__('%1 h %2 min', Math.floor(minutes / 60), minutes % 60);
}

/** A whole percentage that says 100 only when nothing is left. */
export function percentOf(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(part >= whole ? 100 : 99, Math.floor((part / whole) * 100));
}

/** An ISO time in the user's language: `28 Nov, 14:05`; of another year than this with its number. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime())
    ? iso
    : time.toLocaleString(undefined, {
        year: time.getFullYear() === new Date().getFullYear() ? undefined : 'numeric',
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit'
      });
}
