import { throwIfCancelled } from '../../errors';
import type { JobStage, JobStageResult } from '../jobTypes';
import { takeImportSlot } from '../queue';
import type { ImportSlot } from '../queue';
import { askStage } from './ask';
import { checkStage } from './check';
import { copyStage, copyStands } from './copy';
import { importStage } from './import';
import { roleStage } from './role';
import { stagesOf } from '../jobFacts';
import type { StageRun } from './stageRun';
import { waitStage } from './wait';

type TransferStage = Exclude<JobStage, 'switch' | 'free'>;

/** Carries out what is not done yet, in order. */
export async function runStages(run: StageRun): Promise<void> {
  const stages = stagesOf(run.stored.kind, run.stored.settings).filter(
    (stage): stage is TransferStage => stage !== 'switch' && stage !== 'free'
  );
  let slot: ImportSlot | undefined;
  try {
    for (const stage of stages) {
      throwIfCancelled(run.signal, run.stored.id);
      if (isDone(run, stage)) {
        continue;
      }
      // A machine that slept finds here that another one has gone on.
      await run.requireOurs();
      run.emit({ type: 'stage', stage, state: 'start' });
      if ((stage === 'import' || stage === 'wait') && slot === undefined) {
        slot = await waitForSlot(run, stage);
      }
      const detail = await runStage(run, stage);
      if (stage === 'wait') {
        await slot?.release();
        slot = undefined;
      }
      await run.live.record({
        type: 'stage',
        stage,
        state: 'done',
        detail,
        result: resultOf(run, stage)
      });
    }
  } finally {
    await slot?.release();
  }
}

/** Whether an earlier run has done it; what may have changed since is looked at again. */
function isDone(run: StageRun, stage: TransferStage): boolean {
  const { results } = run;
  switch (stage) {
    case 'check':
      return false;
    case 'role':
      // One that an earlier run created may have been deleted before Bedrock was given it.
      return (
        results.role !== undefined &&
        (results.importJob !== undefined || run.stored.import?.role.action === 'use')
      );
    case 'copy':
      return copyStands(run);
    case 'import':
      return results.importJob !== undefined;
    case 'wait':
      return results.importJob !== undefined && results.model !== undefined;
    case 'ask':
      return results.answer !== undefined;
  }
}

function runStage(run: StageRun, stage: TransferStage): Promise<string | undefined> {
  switch (stage) {
    case 'check':
      return checkStage(run);
    case 'role':
      return roleStage(run);
    case 'copy':
      return copyStage(run);
    case 'import':
      return importStage(run);
    case 'wait':
      return waitStage(run);
    case 'ask':
      return askStage(run);
  }
}

function resultOf(run: StageRun, stage: TransferStage): JobStageResult | undefined {
  const { role, copy, importJob, model, answer } = run.results;
  switch (stage) {
    case 'check':
      return undefined;
    case 'role':
      return { role };
    case 'copy': {
      if (copy === undefined) {
        return undefined;
      }
      const { files: _, ...rest } = copy;
      return { copy: rest };
    }
    case 'import':
      return { importJob };
    case 'wait':
      return { model };
    case 'ask':
      return { answer };
  }
}

/** Bedrock runs one import at a time for an account and Region; whoever asked first goes first. */
async function waitForSlot(run: StageRun, stage: JobStage): Promise<ImportSlot | undefined> {
  const { stored, store, context } = run;
  const account = stored.import?.identity.account;
  if (account === undefined) {
    return undefined;
  }
  let waited = false;
  const slot = await takeImportSlot({
    store,
    jobId: stored.id,
    account,
    region: context.aws.region,
    signal: run.signal,
    onWaiting: waitsFor => {
      waited = true;
      run.emit({ type: 'state', state: 'waiting' });
      run.emit({
        type: 'stage',
        stage,
        state: 'waiting',
        detail: `waits until ${waitsFor ?? 'another import'} has ended`,
        waitsFor
      });
    }
  });
  if (waited) {
    run.emit({ type: 'state', state: 'running' });
    run.emit({ type: 'stage', stage, state: 'start' });
  }
  return slot;
}
