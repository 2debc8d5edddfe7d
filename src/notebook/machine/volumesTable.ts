import { formatBytes, requiredBytesFor, volumeGbFor } from '../../engine';
import { STUDIO_USUAL_LIMIT_GB, VOLUME_LIMITS } from '../../engine/disk/volumeLimits';
import { table } from '../display';
import type { View } from '../display';

/** No reserve for root shows in `df` on the volume of a space. */
const SPACE_RESERVE = 0;

/**
 * For files of some sizes: what they need with their margin, and the smallest empty volume that has it, in
 * the GB of 2^30 bytes that EBS counts.
 *
 * @param sizes - In bytes.
 * @throws BedrockImportError `SIZE_INVALID` (usage)
 */
export function volumesTable(sizes: readonly number[]): View {
  return table(
    sizes.map(sizeBytes => {
      const needed = requiredBytesFor(sizeBytes);
      const onSpace = volumeGbFor(needed, SPACE_RESERVE);
      return [
        formatBytes(sizeBytes),
        formatBytes(needed),
        withLimits(volumeGbFor(needed), VOLUME_LIMITS['notebook-instance']),
        withLimits(onSpace, VOLUME_LIMITS['studio-space']),
        onSpace > STUDIO_USUAL_LIMIT_GB ? 'has to be raised' : 'is enough'
      ];
    }),
    {
      head: [
        'Files',
        'Needed: × 1.05 + 2 GB',
        'Notebook Instance',
        'Studio space',
        `The domain’s usual ${STUDIO_USUAL_LIMIT_GB} GB`
      ],
      columns: ['right', 'right', 'right', 'right', 'left']
    }
  );
}

function withLimits(gb: number, limits: { smallestGb: number; largestGb?: number }): string {
  const { smallestGb, largestGb } = limits;
  return largestGb !== undefined && gb > largestGb
    ? `too large (at most ${largestGb.toLocaleString('en-US')} GB)`
    : `${Math.max(gb, smallestGb)} GB`;
}
