import { abandonJob } from './abandonJob';
import { asJobError, jobCancelled, leaseLost } from './jobErrors';
import type { JobOutcome, JobResult } from './jobTypes';
import { keepHostAwake } from './keepAwake';
import type { LiveJob } from './liveJob';
import { clearRequest, watchRequests } from './requests';
import type { RunJobOptions } from './runJobOptions';
import { runStages } from './stages';
import { runMoveStages } from './stages/move';
import type { JobRun } from './stages/stageRun';
import { StopSwitch } from './stopSwitch';
import type { JobStore } from './store';
import type { EngineContext } from './types';

/**
 * Carries a job out, or on: stages that are done are not done again. Until it ends, pauses or is
 * cancelled, no other process can run it.
 *
 * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_RUNNING_ELSEWHERE`, `JOB_CANCELLED`, `LEASE_LOST`,
 *   `CHECK_BLOCKS`, and those of each stage; the job has then failed and the same call tries again.
 */
export async function runJob(
  context: EngineContext,
  store: JobStore,
  id: string,
  options: RunJobOptions = {}
): Promise<JobOutcome> {
  const stop = new StopSwitch(options.signal, options.onAbort ?? 'pause');
  let live: LiveJob | undefined;
  try {
    live = await store.hold(id, {
      onLost: () => stop.trip('lost'),
      onEvent: options.onEvent,
      signal: options.signal
    });
    return await runHeld(context, store, live, stop, options);
  } finally {
    stop.close();
    if (live !== undefined) {
      await store.letGo(live);
    }
  }
}

async function runHeld(
  context: EngineContext,
  store: JobStore,
  live: LiveJob,
  stop: StopSwitch,
  options: RunJobOptions
): Promise<JobOutcome> {
  const { stored, facts } = live;
  const { id } = stored;
  const startedAt = Date.now();
  if (facts.state === 'done' && facts.result !== undefined) {
    return { id, state: 'done', result: facts.result };
  }
  if (facts.state === 'cancelled') {
    throw jobCancelled(id);
  }
  const folder = store.isInMemory(id) ? undefined : store.folderOf(id);
  const run = newRun(context, store, live, stop, options);
  // What the journal says of the run before, and no longer when this one has begun.
  const earlierImport = earlierImportOf(live);
  const resultSoFar = (): JobResult => ({
    ...run.results,
    seconds: (Date.now() - startedAt) / 1000
  });
  const closers: Array<() => void> = [];
  try {
    live.stop = request => stop.trip(request);
    if (folder !== undefined) {
      await clearRequest(folder);
      closers.push(watchRequests(folder, request => stop.trip(request)));
    }
    await live.record({ type: 'state', state: 'running' });
    if (stored.settings.keepAwake === true) {
      closers.push(
        keepHostAwake({
          environment: context.environment,
          file: options.activityFile,
          onWarning: message => live.emit({ type: 'warning', message })
        })
      );
    }
    if (stored.kind === 'move') {
      await runMoveStages({ ...run, stored });
    } else {
      await runStages({
        ...run,
        stored,
        earlierImport,
        plan: stored.plan
      });
    }
    // A request that came after the last stage comes too late.
    if (!(await live.stillOurs())) {
      stop.trip('lost');
      throw leaseLost(id);
    }
    const result = resultSoFar();
    live.emit({ type: 'result', result: withoutFiles(result) });
    await live.record({ type: 'state', state: 'done' });
    return { id, state: 'done', result };
  } catch (error) {
    return await endEarly(run, stop, error, resultSoFar);
  } finally {
    live.stop = undefined;
    closers.forEach(close => close());
    if (folder !== undefined && stop.reason !== 'lost') {
      await clearRequest(folder);
    }
  }
}

function newRun(
  context: EngineContext,
  store: JobStore,
  live: LiveJob,
  stop: StopSwitch,
  options: RunJobOptions
): JobRun {
  const { stored, facts } = live;
  const results = { ...facts.results };
  if (wasGivenUp(live)) {
    delete results.importJob;
  }
  return {
    context,
    store,
    live,
    options,
    signal: stop.signal,
    resumed: facts.stages.size > 0,
    results,
    emit: body => {
      if (stop.reason !== 'lost') {
        live.emit(body);
      }
    },
    requireOurs: async () => {
      if (!(await live.stillOurs())) {
        throw leaseLost(stored.id);
      }
    }
  };
}

/** Of an import that Bedrock has given up nothing is waited for: the next try is an import of its own. */
function wasGivenUp({ facts }: LiveJob): boolean {
  return facts.error?.code === 'IMPORT_FAILED';
}

function earlierImportOf(live: LiveJob): string | undefined {
  return wasGivenUp(live) ? undefined : live.facts.importJobName;
}

/** The end of a run that was stopped or has failed: what it says is what the next run finds. */
async function endEarly(
  run: JobRun,
  stop: StopSwitch,
  error: unknown,
  resultSoFar: () => JobResult
): Promise<JobOutcome> {
  const { live } = run;
  const { stored } = live;
  const { id } = stored;
  switch (stop.reason) {
    case 'lost':
      // For followers in this process; the journal is another's by now.
      live.emit({ type: 'state', state: 'interrupted' });
      throw leaseLost(id);
    case 'cancel':
      await abandonJob(run.context, live);
      return { id, state: 'cancelled', result: resultSoFar() };
    case 'pause':
      await live.record({ type: 'state', state: 'paused' });
      return { id, state: 'paused', result: resultSoFar() };
    case 'interrupt':
      await live.record({ type: 'state', state: 'interrupted' });
      return { id, state: 'interrupted', result: resultSoFar() };
    case undefined: {
      const failure = asJobError(error);
      const { stage } = live.facts;
      if (stage !== undefined) {
        live.emit({ type: 'stage', stage, state: 'failed', detail: failure.message });
      }
      await live.record({ type: 'state', state: 'failed', error: failure });
      throw error;
    }
  }
}

/** The proofs of single files are in the manifest and would make the journal's longest line. */
function withoutFiles(result: JobResult): JobResult {
  if (result.copy === undefined) {
    return result;
  }
  const { files: _, ...copy } = result.copy;
  return { ...result, copy };
}
