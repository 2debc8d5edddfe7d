import { JOB_STAGES } from './jobTypes';
import type {
  JobError,
  JobEvent,
  JobKind,
  JobProgress,
  JobResult,
  JobSettings,
  JobStage,
  JobStageReport,
  JobStageResult,
  JobState
} from './jobTypes';
import type { LeaseView } from './leaseFile';

/** What the events of a journal say, taken together. */
export interface JobFacts {
  state?: JobState;
  stage?: JobStage;
  /** Since the job was last made anew. */
  stages: Map<JobStage, JobStageReport>;
  results: JobStageResult;
  /** Journalled before Bedrock was asked: an import of this name may exist. */
  importJobName?: string;
  waitsFor?: string;
  progress?: JobProgress;
  error?: JobError;
  result?: JobResult;
  updatedAt?: string;
  lastSeq: number;
}

export function noFacts(): JobFacts {
  return { stages: new Map(), results: {}, lastSeq: 0 };
}

export function foldEvents(events: Iterable<JobEvent>): JobFacts {
  const facts = noFacts();
  for (const event of events) {
    addEvent(facts, event);
  }
  return facts;
}

/** Takes one more event into account; of kinds that this release does not know, only the number. */
export function addEvent(facts: JobFacts, event: JobEvent): void {
  facts.lastSeq = Math.max(facts.lastSeq, event.seq);
  facts.updatedAt = event.at;
  switch (event.type) {
    case 'state':
      addState(facts, event);
      return;
    case 'stage': {
      const { stage, state, detail } = event;
      facts.stage = stage;
      facts.stages.set(stage, { stage, state, ...(detail === undefined ? {} : { detail }) });
      if (state === 'start') {
        forget(facts.results, stage);
      }
      facts.waitsFor = state === 'waiting' ? event.waitsFor : undefined;
      Object.assign(facts.results, event.result);
      facts.importJobName = event.jobName ?? facts.importJobName;
      return;
    }
    case 'progress':
      facts.progress = event.progress;
      // Of the last lines of a long journal, this may be the only one that tells.
      facts.state ??= 'running';
      facts.stage ??= 'copy';
      return;
    case 'result':
      facts.result = event.result;
      return;
    default:
      return;
  }
}

/** A stage that begins again brings its results anew. */
function forget(results: JobStageResult, stage: JobStage): void {
  const names: Partial<Record<JobStage, keyof JobStageResult>> = {
    role: 'role',
    copy: 'copy',
    import: 'importJob',
    wait: 'model',
    ask: 'answer',
    free: 'freed'
  };
  const name = names[stage];
  if (name !== undefined) {
    delete results[name];
  }
}

function addState(facts: JobFacts, event: JobEvent & { type: 'state' }): void {
  facts.state = event.state;
  facts.error = event.error;
  if (event.state !== 'waiting') {
    facts.waitsFor = undefined;
  }
  if (event.fresh === true) {
    facts.stages.clear();
    facts.results = {};
    facts.stage = undefined;
    facts.importJobName = undefined;
    facts.progress = undefined;
    facts.result = undefined;
  }
}

/** What is so now: a journal that says that a job runs is right only while somebody runs it. */
export function stateNow(facts: JobFacts, lease: LeaseView): JobState {
  const state = facts.state ?? 'waiting';
  if (lease.state === 'held') {
    return state;
  }
  if (state === 'running') {
    return 'interrupted';
  }
  return state === 'waiting' && facts.stages.size > 0 ? 'interrupted' : state;
}

/** The stages of a job in their order; a job without a question has no stage for it. */
export function stagesOf(kind: JobKind, settings: JobSettings): JobStage[] {
  return JOB_STAGES[kind].filter(stage => stage !== 'ask' || settings.ask !== undefined);
}

export function stageReports(
  kind: JobKind,
  settings: JobSettings,
  facts: JobFacts
): JobStageReport[] {
  return stagesOf(kind, settings).map(
    stage => facts.stages.get(stage) ?? { stage, state: 'pending' }
  );
}
