import { BedrockImportError } from '../errors';

const UNITS = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p'].flatMap((letter, index): [string, number][] => [
    [`${letter}b`, 1000 ** (index + 1)],
    [letter, 1000 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)]
  ])
]);

const DISPLAY_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * Reads a size: `61GB`, `61 GB` and `61G` are 61 × 10⁹ bytes, `57GiB` is 57 × 2³⁰, `1024` is bytes.
 * Upper and lower case are the same; a fraction of a byte is rounded up.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage)
 */
export function parseSize(text: string): number {
  const parts = /^(\d{1,16}(?:\.\d{1,16})?) ?([a-z]{0,3})$/i.exec(text);
  const unit = UNITS.get(parts?.[2]?.toLowerCase() ?? '');
  const bytes = unit === undefined ? Number.NaN : exactProduct(parts?.[1] ?? '', unit);
  if (!Number.isSafeInteger(bytes)) {
    throw new BedrockImportError({
      code: 'SIZE_INVALID',
      message: `'${text.replace(/\p{Cc}/gu, '?').slice(0, 40)}' is not a size.`,
      nextStep: "Write a number and a unit, such as '61GB' (10⁹ bytes each) or '57GiB' (2³⁰).",
      kind: 'usage'
    });
  }
  return bytes;
}

/** In whole numbers, because 1.1 × 10⁹ in floating point is more than 1 100 000 000. */
function exactProduct(decimal: string, unit: number): number {
  const [whole = '', fraction = ''] = decimal.split('.');
  if (whole === '') {
    return Number.NaN;
  }
  const scale = 10n ** BigInt(fraction.length);
  const product = BigInt(whole + fraction) * BigInt(unit);
  return Number((product + scale - 1n) / scale);
}

/** A size as AWS and `df -H` count it, in powers of 1000: `512 B`, `66.05 GB`, `1.00 TB`. */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  if (!Number.isFinite(size)) {
    return 'unlimited';
  }
  if (Math.round(size) < 1000) {
    return `${Math.round(bytes)} B`;
  }
  let value = bytes;
  for (const unit of DISPLAY_UNITS) {
    value /= 1000;
    // What rounds to 1000.00 is one of the next unit.
    if (Math.abs(value) < 999.995 || unit === DISPLAY_UNITS.at(-1)) {
      return `${value.toFixed(2)} ${unit}`;
    }
  }
  return `${bytes} B`;
}
