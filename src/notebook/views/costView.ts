import type { ImportedModel, ImportReview } from '../../engine';
import { keyValues, points, stack } from '../display';
import type { View } from '../display';

/** What an import and its model cost, in words: rates differ by Region, so no amount is named. */
export function costView(
  review: Pick<ImportReview, 'costNotes'>,
  model?: Pick<ImportedModel, 'modelName' | 'customModelUnits'>
): View {
  const units = model?.customModelUnits;
  return stack(
    units !== undefined &&
      keyValues([
        ['Model', model?.modelName],
        ['Custom model units of each copy', units.perModelCopy],
        ['Version of the units', units.version]
      ]),
    points(review.costNotes)
  );
}
