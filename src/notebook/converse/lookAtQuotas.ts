import { AWS_FACTS, listImportedModels, listImportJobs } from '../../engine';
import type { ImportedModel, ImportJob } from '../../engine';
import { badge, displayedAs, heading, note, stack, table, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import { modelsTable } from '../views';

/** What there is of what Bedrock limits. */
export interface Quotas {
  region: string;
  /** Import jobs that run now. */
  running: ImportJob[];
  models: ImportedModel[];
}

/** Import jobs at the same time in an account and Region; not adjustable. */
const MOST_JOBS = 1;

/**
 * How much of Bedrock's limits for imports is used in this account and Region. Changes nothing.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, and those of `toAwsError`
 */
export async function lookAtQuotas(
  options: { signal?: AbortSignal } = {}
): Promise<Quotas & Displayed> {
  const { aws } = currentSession().context;
  const signal = withCellSignal(options.signal);
  const [running, models] = await Promise.all([
    listImportJobs(aws, { status: 'InProgress', signal }),
    listImportedModels(aws, { signal })
  ]);
  const quotas: Quotas = { region: aws.region, running, models };
  return displayedAs(quotas, () => quotasView(quotas));
}

function quotasView({ region, running, models }: Quotas): View {
  const most = AWS_FACTS.importedModelsQuota;
  const row = (what: string, used: number, limit: number, more: string) => [
    what,
    badge(`${used} of ${limit}`, used < limit ? 'ok' : 'warning'),
    more
  ];
  return stack(
    heading(`Limits in ${region}`),
    table(
      [
        row(
          'Import jobs at the same time',
          running.length,
          MOST_JOBS,
          'cannot be raised: a job waits here for its turn'
        ),
        row('Imported models', models.length, most, 'can be raised in Service Quotas (L-45B04988)')
      ],
      { head: ['What', 'Used', ''] }
    ),
    note(`Limits as AWS documents them, read on ${AWS_FACTS.asOf}; yours may have been raised.`, {
      tone: 'faint'
    }),
    models.length > 0 && modelsTable(models)
  );
}
