import { usageError } from '../exitCodes';

const UNITS_MS = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000]
]);

/**
 * Reads an age in milliseconds: `30m`, `12h`, `7d`, `2w`.
 *
 * @throws BedrockImportError `AGE_INVALID` (usage)
 */
export function parseAge(text: string): number {
  const parts = /^(\d{1,6})([mhdw])$/.exec(text);
  const unit = UNITS_MS.get(parts?.[2] ?? '');
  if (unit === undefined) {
    throw usageError({
      code: 'AGE_INVALID',
      message: `'${text.replace(/\p{Cc}/gu, '?').slice(0, 40)}' is not an age.`,
      nextStep: "Write a whole number and a unit: '30m', '12h', '7d' or '2w'."
    });
  }
  return Number(parts?.[1]) * unit;
}

/** In the largest unit that is whole at least once: `5 min`, `12 h`, `40 d`. */
export function ageOf(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}
