import { JOB_STAGES } from './jobTypes';
import type {
  JobError,
  JobEvent,
  JobKind,
  JobProgress,
  JobResult,
  JobStage,
  JobStageReport,
  JobStageResult,
  JobState
} from './jobTypes';
import type { LeaseView } from './lease';

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

export function stageReports(kind: JobKind, facts: JobFacts): JobStageReport[] {
  return JOB_STAGES[kind].map(stage => facts.stages.get(stage) ?? { stage, state: 'pending' });
}
