const UNITS: ReadonlyArray<readonly [name: string, seconds: number]> = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60]
];

/** `12 s ago`, `5 min ago`; empty for what is no time. */
export function ageOf(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) {
    return '';
  }
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${name} ago`;
}
