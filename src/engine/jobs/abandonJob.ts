import { getImportJob } from '../bedrock';
import { BedrockImportError } from '../errors';
import { abortUploads, findUploads, formatS3Uri } from '../transfer';
import type { UnfinishedUpload } from '../transfer';
import { asJobError } from './jobErrors';
import type { JobFacts } from './jobFacts';
import { dropUnfinished } from '../cacheMove';
import type { StoredJob, StoredMove } from './jobFile';
import type { LiveJob } from './liveJob';
import type { EngineContext } from './types';

/** How long the cleaning up of a cancelled job may take; what is left is told then. */
const CLEAN_UP_MS = 60_000;

/** What giving up a job throws away, leaves, and cannot take back. */
export interface Abandonment {
  uploads: UnfinishedUpload[];
  /** `s3://bucket/prefix/` */
  keeps: string;
  cannotUndo: string[];
}

/** Looks at what giving up this job means; changes nothing. */
export async function lookAtAbandonment(
  context: EngineContext,
  stored: StoredJob,
  facts: JobFacts,
  signal: AbortSignal
): Promise<Abandonment> {
  if (stored.kind === 'move') {
    return { uploads: [], keeps: stored.move.to, cannotUndo: movesThatStay(stored, facts) };
  }
  return {
    uploads: await findUploads(context, stored.plan, signal),
    keeps: formatS3Uri(stored.plan.destination),
    cannotUndo: await whatStays(context, facts, signal)
  };
}

/**
 * Gives up a job that this process holds: aborts its unfinished uploads and says in its journal what
 * stays. What cannot be cleaned up is a warning there; cancelling again tries it again.
 */
export async function abandonJob(context: EngineContext, live: LiveJob): Promise<void> {
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  const { stored, facts } = live;
  if (stored.kind === 'move') {
    await dropUnfinished(stored.move);
    for (const message of movesThatStay(stored, facts)) {
      live.emit({ type: 'warning', message });
    }
    await live.record({ type: 'state', state: 'cancelled' });
    return;
  }
  try {
    const aborted = await abortUploads(context, stored.plan, signal);
    if (aborted.length > 0) {
      const keys = aborted.map(({ key }) => key).join(', ');
      live.emit({ type: 'warning', message: `Unfinished uploads were aborted: ${keys}.` });
    }
    for (const message of await whatStays(context, facts, signal)) {
      live.emit({ type: 'warning', message });
    }
    live.emit({
      type: 'warning',
      message: `Whole files stay under ${formatS3Uri(stored.plan.destination)}.`
    });
  } catch (error) {
    const { message, nextStep } = asJobError(error);
    live.emit({
      type: 'warning',
      message: `Unfinished uploads may be left under ${formatS3Uri(stored.plan.destination)}: ${message} ${nextStep}`
    });
  }
  await live.record({ type: 'state', state: 'cancelled' });
}

/** A sentence each: where the files are that a move has brought, or not brought. */
function movesThatStay({ move }: StoredMove, facts: JobFacts): string[] {
  const freeing = facts.stages.has('free');
  return [
    freeing
      ? `What was deleted in ${move.from} is in ${move.to}; the rest is in both.`
      : `The cache in ${move.from} is whole.`,
    `What was copied stays in ${move.to}.`,
    ...(facts.stages.get('switch')?.state === 'done'
      ? [
          `New kernels and terminals look in ${move.to}; "bedrock-import cache unsteer" undoes that.`
        ]
      : [])
  ];
}

/** A sentence each. */
async function whatStays(
  context: EngineContext,
  facts: JobFacts,
  signal: AbortSignal
): Promise<string[]> {
  const { role, importJob, model } = facts.results;
  const stays: string[] = [];
  const jobName = importJob?.jobName ?? facts.importJobName;
  if (model !== undefined) {
    stays.push(
      `The imported model ${model.modelName} stays, and its storage is billed until it is deleted.`
    );
  } else if (jobName !== undefined && (await importRuns(context, jobName, signal))) {
    stays.push(
      `The import job ${jobName} runs on in Bedrock, which cannot stop it; the model that it makes is billed until it is deleted.`
    );
  }
  if (role?.created === true) {
    stays.push(`The role ${role.roleName} stays.`);
  }
  return stays;
}

/** Where it may not be looked at, it counts as running. */
async function importRuns(
  context: EngineContext,
  jobName: string,
  signal: AbortSignal
): Promise<boolean> {
  try {
    return (await getImportJob(context.aws, jobName, { signal })).status !== 'Failed';
  } catch (error) {
    return !(error instanceof BedrockImportError && error.code === 'IMPORT_JOB_NOT_FOUND');
  }
}
