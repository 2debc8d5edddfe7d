import type {
  CopyProgress,
  Failure,
  FileProgress,
  JobEvent,
  JobStage,
  JobState
} from '../../protocol';

/** So many lines of the log are kept; the journal has all. */
const MOST_LINES = 1_000;

/** What happened, for people. */
export type LogLine = { seq: number; at: string } & (
  | { kind: 'state'; state: JobState; error?: Failure }
  | { kind: 'stage'; stage: JobStage; state: string; detail?: string }
  | { kind: 'file'; path: string; state: FileProgress['state']; provedBy?: string }
  | { kind: 'retry'; path: string; part?: number; cause: string; attempt: number; waitMs: number }
  | { kind: 'connections'; connections: number; why: string }
  | { kind: 'wait'; reason: string; waitedMs: number; budgetMs?: number }
  | { kind: 'import-job'; jobArn: string; status: string }
  | { kind: 'warning'; message: string }
);

export interface StageStory {
  stage: JobStage;
  state: string;
  detail?: string;
  /** ISO times. */
  startedAt?: string;
  endedAt?: string;
}

/** What the events of a job amount to, so far. */
export interface JobStory {
  /** Of the last event. */
  lastSeq: number;
  state?: JobState;
  error?: Failure;
  stages: readonly StageStory[];
  progress?: CopyProgress;
  /** What is known of single files, by path. */
  files: ReadonlyMap<
    string,
    { state: FileProgress['state']; movedBytes?: number; provedBy?: string }
  >;
  wait?: { reason: string; waitedMs: number; budgetMs?: number };
  warnings: readonly string[];
  log: readonly LogLine[];
  answer: string;
  modelArn?: string;
  importStatus?: string;
}

export const NO_STORY: JobStory = {
  lastSeq: 0,
  stages: [],
  files: new Map(),
  warnings: [],
  log: [],
  answer: ''
};

/** The story with more events; the one before is left as it is. */
export function tellOn(story: JobStory, events: readonly JobEvent[]): JobStory {
  const told = {
    ...story,
    stages: [...story.stages],
    files: new Map(story.files),
    warnings: [...story.warnings],
    log: [...story.log]
  };
  for (const event of events) {
    tell(told, event);
  }
  told.log = told.log.slice(-MOST_LINES);
  told.warnings = told.warnings.slice(-MOST_LINES);
  return told;
}

type Telling = Omit<JobStory, 'stages' | 'files' | 'warnings' | 'log'> & {
  stages: StageStory[];
  files: Map<string, { state: FileProgress['state']; movedBytes?: number; provedBy?: string }>;
  warnings: string[];
  log: LogLine[];
};

function tell(story: Telling, event: JobEvent): void {
  const { seq, at } = event;
  story.lastSeq = Math.max(story.lastSeq, seq);
  if (event.type !== 'wait' && event.type !== 'progress') {
    story.wait = undefined;
  }
  switch (event.type) {
    case 'state': {
      const { state, error, fresh } = event;
      if (fresh === true) {
        Object.assign(story, { stages: [], files: new Map(), progress: undefined, answer: '' });
      }
      story.state = state;
      story.error = error;
      if (state !== 'running') {
        story.wait = undefined;
      }
      story.log.push({ seq, at, kind: 'state', state, error });
      return;
    }
    case 'stage': {
      const { stage, state, detail } = event;
      tellStage(story, { stage, state, detail }, at);
      if (stage === 'ask' && state === 'start') {
        story.answer = '';
      }
      story.log.push({ seq, at, kind: 'stage', stage, state, detail });
      return;
    }
    case 'progress':
      story.progress = event.progress;
      for (const { path, movedBytes, state } of event.progress.files ?? []) {
        story.files.set(path, { ...story.files.get(path), state, movedBytes });
      }
      return;
    case 'file': {
      const { path, state, provedBy } = event;
      story.files.set(path, { ...story.files.get(path), state, provedBy });
      story.log.push({ seq, at, kind: 'file', path, state, provedBy });
      return;
    }
    case 'retry': {
      const { path, part, cause, attempt, waitMs } = event;
      story.log.push({ seq, at, kind: 'retry', path, part, cause, attempt, waitMs });
      return;
    }
    case 'connections': {
      const { connections, why } = event;
      story.log.push({ seq, at, kind: 'connections', connections, why });
      return;
    }
    case 'wait': {
      const { reason, waitedMs, budgetMs } = event;
      story.wait = { reason, waitedMs, budgetMs };
      const last = story.log.at(-1);
      // A wait tells of itself again and again; one line of it is enough.
      if (last?.kind === 'wait' && last.reason === reason) {
        story.log.pop();
      }
      story.log.push({ seq, at, kind: 'wait', reason, waitedMs, budgetMs });
      return;
    }
    case 'import-job': {
      const { jobArn, status } = event;
      if (story.importStatus !== status) {
        story.importStatus = status;
        story.log.push({ seq, at, kind: 'import-job', jobArn, status });
      }
      return;
    }
    case 'answer':
      story.answer += event.text;
      return;
    case 'warning':
      story.warnings.push(event.message);
      story.log.push({ seq, at, kind: 'warning', message: event.message });
      return;
    case 'result':
      story.modelArn = event.modelArn;
  }
}

function tellStage(
  story: Telling,
  { stage, state, detail }: { stage: JobStage; state: string; detail?: string },
  at: string
): void {
  const index = story.stages.findIndex(known => known.stage === stage);
  const known = story.stages[index];
  const startsAnew = state === 'start' && known?.state !== 'waiting';
  const next: StageStory = {
    stage,
    state,
    detail,
    startedAt: startsAnew ? at : (known?.startedAt ?? at),
    endedAt: state === 'done' || state === 'failed' ? at : undefined
  };
  if (index < 0) {
    story.stages.push(next);
  } else {
    story.stages[index] = next;
  }
}
