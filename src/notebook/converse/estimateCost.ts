import { BedrockImportError } from '../../engine';
import type { ImportedModel } from '../../engine';
import { displayedAs, keyValues, note, stack, table } from '../display';
import type { Displayed, View } from '../display';

/** What AWS asks for a custom model unit, in USD. */
export interface UnitRates {
  /** For each minute in which a copy is active. */
  perMinute: number;
  /** For storage. */
  perMonth: number;
  /** Where the rates are from, and from when. */
  source: string;
}

const SOURCE = 'second-hand, gathered on 2026-11-22';
const PER_MONTH = 1.95;
const OF_REGION: Readonly<Record<string, number>> = {
  'us-east-1': 0.05718,
  'eu-central-1': 0.07144
};
/** Of GPT-OSS, which only us-east-1 takes. */
const OF_VERSION_2 = 0.1433;

/**
 * Rates as others have written them down; AWS's own page of prices decides (Amazon Bedrock Pricing, "Custom
 * Model Import"). For a Region that nobody has written down, those of us-east-1, which the source then says.
 *
 * @param version - Of the units, as `getImportedModel` tells it. @default v1.0
 */
export function unitRatesFor(region: string, version = 'v1.0'): UnitRates {
  if (version.startsWith('v2')) {
    return { perMinute: OF_VERSION_2, perMonth: PER_MONTH, source: SOURCE };
  }
  const known = OF_REGION[region];
  return known === undefined
    ? { ...unitRatesFor('us-east-1'), source: `of us-east-1, not of ${region}; ${SOURCE}` }
    : { perMinute: known, perMonth: PER_MONTH, source: SOURCE };
}

/** Minutes for which an active copy is billed at least, and by which it is billed on. */
export const WINDOW_MINUTES = 5;

export interface CostEstimate {
  units: number;
  rates: UnitRates;
  /** USD. */
  perWindow: number;
  /** Name and USD. */
  examples: Array<{ what: string; windows: number; copies: number; usd: number }>;
  /** USD, as long as the model exists. */
  storagePerMonth: number;
}

/** What people do with a model, and how many windows of 5 minutes that is. */
const EXAMPLES: ReadonlyArray<readonly [what: string, copies: number, windows: number]> = [
  ['One question', 1, 1],
  ['Questions for an hour, never 5 minutes apart', 1, 12],
  ['The same with three active copies', 3, 12],
  ['One question an hour, for a day', 1, 24]
];

/**
 * What answers and storage of an imported model come to: copies × custom model units of a copy × rate a
 * minute × 5 × windows.
 *
 * @param rates - Those of your Region; see `unitRatesFor`.
 * @throws BedrockImportError `UNITS_UNKNOWN` for a model of which Bedrock has not told its units
 */
export function estimateCost(
  model: Pick<ImportedModel, 'modelArn' | 'customModelUnits'>,
  rates: UnitRates
): CostEstimate & Displayed {
  const units = model.customModelUnits?.perModelCopy;
  if (units === undefined) {
    throw new BedrockImportError({
      code: 'UNITS_UNKNOWN',
      message: 'Bedrock has not told the custom model units of this model.',
      subject: model.modelArn,
      nextStep: 'Ask for them with getImportedModel(); the list of models does not tell them.'
    });
  }
  const perWindow = units * rates.perMinute * WINDOW_MINUTES;
  const estimate: CostEstimate = {
    units,
    rates,
    perWindow,
    examples: EXAMPLES.map(([what, copies, windows]) => ({
      what,
      copies,
      windows,
      usd: copies * windows * perWindow
    })),
    storagePerMonth: units * rates.perMonth
  };
  return displayedAs(estimate, () => estimateView(estimate));
}

function estimateView({ units, rates, perWindow, examples, storagePerMonth }: CostEstimate): View {
  return stack(
    keyValues([
      ['Custom model units of a copy', units],
      ['Rate of a unit', `$${rates.perMinute} a minute (${rates.source})`],
      ['A window of 5 minutes', dollars(perWindow)],
      ['Storage', `${dollars(storagePerMonth)} a month, until the model is deleted`]
    ]),
    table(
      examples.map(({ what, copies, windows, usd }) => [what, copies, windows, dollars(usd)]),
      {
        head: ['What', 'Copies', 'Windows', 'Costs'],
        columns: ['left', 'right', 'right', 'right']
      }
    ),
    note('The import itself is free. AWS’s own page of prices decides, not this table.', {
      tone: 'faint'
    })
  );
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
