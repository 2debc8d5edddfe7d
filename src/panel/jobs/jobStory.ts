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

/** Events that people read one by one; the others add up to something. */
export type LogLine = Exclude<JobEvent, { type: 'progress' | 'answer' | 'result' }>;

export interface FileStory {
  state: FileProgress['state'];
  movedBytes?: number;
  provedBy?: string;
}

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
  files: ReadonlyMap<string, FileStory>;
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
  files: Map<string, FileStory>;
  warnings: string[];
  log: LogLine[];
};

function tell(story: Telling, event: JobEvent): void {
  story.lastSeq = Math.max(story.lastSeq, event.seq);
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
      story.log.push(event);
      return;
    }
    case 'stage': {
      const { stage, state, detail } = event;
      tellStage(story, { stage, state, detail }, event.at);
      if (stage === 'ask' && state === 'start') {
        story.answer = '';
      }
      story.log.push(event);
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
      story.log.push(event);
      return;
    }
    case 'retry':
    case 'connections':
      story.log.push(event);
      return;
    case 'wait': {
      const { reason, waitedMs, budgetMs } = event;
      story.wait = { reason, waitedMs, budgetMs };
      const last = story.log.at(-1);
      // A wait tells of itself again and again; one line of it is enough.
      if (last?.type === 'wait' && last.reason === reason) {
        story.log.pop();
      }
      story.log.push(event);
      return;
    }
    case 'import-job': {
      const { status } = event;
      if (story.importStatus !== status) {
        story.importStatus = status;
        story.log.push(event);
      }
      return;
    }
    case 'answer':
      story.answer += event.text;
      return;
    case 'warning':
      story.warnings.push(event.message);
      story.log.push(event);
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
