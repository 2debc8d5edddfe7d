import type { TranslationBundle } from '@jupyterlab/translation';

import type { ImportedModelFact } from '../../protocol';
import { formatCount } from '../components';

type Units = Pick<ImportedModelFact, 'unitsPerCopy' | 'unitsVersion'>;

/** `2 Custom Model Units per copy, v1.0`; nothing where Bedrock has not said it. */
export function sayUnits(
  { unitsPerCopy, unitsVersion }: Units,
  trans: TranslationBundle
): string | undefined {
  if (unitsPerCopy === undefined) {
    return undefined;
  }
  const count = formatCount(unitsPerCopy);
  return unitsVersion === undefined
    ? trans._n(
        '%2 Custom Model Unit per copy',
        '%2 Custom Model Units per copy',
        unitsPerCopy,
        count
      )
    : trans._n(
        '%2 Custom Model Unit per copy, %3',
        '%2 Custom Model Units per copy, %3',
        unitsPerCopy,
        count,
        unitsVersion
      );
}

/**
 * What units are billed for (Amazon Bedrock Pricing, "Custom Model Import", and Amazon Bedrock User
 * Guide, "Calculate the cost of running a custom model"). Rates differ by Region and version: no amount
 * is named.
 */
export function explainUnits(trans: TranslationBundle): string {
  return trans.__(
    'Each active copy is billed for its units in windows of 5 minutes, from its first answer on. A copy that nobody asks for 5 minutes is put away. Storage is billed for the units by the month while the model exists.'
  );
}

/** What a question costs, before it is asked. */
export function explainQuestion(units: Units, trans: TranslationBundle): string {
  const { unitsPerCopy } = units;
  return unitsPerCopy === undefined
    ? trans.__(
        'The answer starts a copy of the model unless one is active. A copy is billed for its Custom Model Units in windows of 5 minutes, from its first answer on, until nobody has asked it for 5 minutes. How many units this model has is not known here.'
      )
    : trans._n(
        'The answer starts a copy of the model unless one is active. A copy of this model is billed as %2 Custom Model Unit in windows of 5 minutes, from its first answer on, until nobody has asked it for 5 minutes.',
        'The answer starts a copy of the model unless one is active. A copy of this model is billed as %2 Custom Model Units in windows of 5 minutes, from its first answer on, until nobody has asked it for 5 minutes.',
        unitsPerCopy,
        formatCount(unitsPerCopy)
      );
}
