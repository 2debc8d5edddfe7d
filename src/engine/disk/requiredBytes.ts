import { BedrockImportError } from '../errors';

/**
 * The room that a download of a size needs: `size × 1.05 + 2 GB` with a GB of 10⁹ bytes, rounded up
 * to whole bytes. 5 % is what ext4 reserves for root, 2 GB are for everything else on the disk.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage)
 */
export function requiredBytesFor(sizeBytes: number): number {
  checkSize(sizeBytes);
  // 1.05 has no exact binary form: in whole numbers the result is right to the byte.
  const needed = (BigInt(sizeBytes) * 105n + 99n) / 100n + 2_000_000_000n;
  return Number(needed);
}

/**
 * The size of the largest model that fits into so many bytes: the rule of `requiredBytesFor`, solved
 * for the size.
 */
export function largestSizeFor(availableBytes: number): number {
  const left = BigInt(Math.max(0, Math.floor(availableBytes))) - 2_000_000_000n;
  return left <= 0n ? 0 : Number((left * 100n) / 105n);
}

/** @throws BedrockImportError `SIZE_INVALID` (usage) */
export function checkSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new BedrockImportError({
      code: 'SIZE_INVALID',
      message: `${sizeBytes} is not a number of bytes.`,
      nextStep: 'Give a whole number of bytes that is not negative.',
      kind: 'usage'
    });
  }
}
