import type {
  FileProgress,
  Job,
  JobEvent,
  JobProgress,
  JobStage,
  JobStageReport,
  JobState
} from '../../engine';
import { retryText } from '../../engine/cli/progress/retryText';

/** A stage, when it began and when it ended; milliseconds since the epoch. */
export interface PicturedStage extends JobStageReport {
  startedAt?: number;
  endedAt?: number;
}

/** What a follower has seen of a job, event by event. */
export class JobPicture {
  readonly stages: PicturedStage[];
  state: JobState;
  progress: (JobProgress & { files?: readonly FileProgress[] }) | undefined;
  /** What is waited for now. */
  waiting: { reason: string; waitedMs?: number; budgetMs?: number } | undefined;
  retry: string | undefined;
  importJob: { jobArn: string; status: string } | undefined;
  answer: string | undefined;
  readonly warnings: string[] = [];
  /** A sentence about who runs the job, or why it is not followed any more. */
  remark: string | undefined;
  private lastSeq = 0;

  constructor(readonly job: Pick<Job, 'id' | 'kind' | 'title' | 'state' | 'stages'>) {
    this.state = job.state;
    this.stages = job.stages.map(({ stage }) => ({ stage, state: 'pending' }));
  }

  /** The number of the event that comes next. */
  get nextSeq(): number {
    return this.lastSeq + 1;
  }

  get current(): PicturedStage | undefined {
    return this.stages.findLast(({ state }) => state !== 'pending');
  }

  add(event: JobEvent): void {
    this.lastSeq = Math.max(this.lastSeq, event.seq);
    switch (event.type) {
      case 'state':
        this.state = event.state;
        if (event.fresh === true) {
          this.forgetStages();
        }
        return;
      case 'stage':
        this.addStage(event);
        return;
      case 'progress':
        this.progress = event.progress;
        this.waiting = undefined;
        return;
      case 'retry':
        this.retry = retryText(event.retry);
        return;
      case 'wait': {
        const { reason, waitedMs, budgetMs } = event;
        this.waiting = { reason, waitedMs, budgetMs };
        return;
      }
      case 'import-job':
        this.importJob = { jobArn: event.jobArn, status: event.status };
        this.waiting = undefined;
        return;
      case 'answer':
        this.answer = event.text;
        return;
      case 'warning':
        this.warnings.push(event.message);
        return;
      default:
        return;
    }
  }

  private addStage({ stage, state, detail, at }: JobEvent & { type: 'stage' }): void {
    const found = this.stages.find(known => known.stage === stage);
    if (found === undefined) {
      return;
    }
    const time = Date.parse(at);
    if (state === 'start' && found.state !== 'start') {
      this.resetFrom(stage);
      found.startedAt = time;
    }
    if (state === 'done' || state === 'failed') {
      found.endedAt = time;
    }
    found.state = state;
    found.detail = detail;
    this.retry = undefined;
    this.waiting =
      state === 'waiting' ? { reason: detail ?? 'Waits for another import to end' } : undefined;
  }

  /** A later run of the same job goes through its stages again. */
  private resetFrom(stage: JobStage): void {
    const first = this.stages.findIndex(known => known.stage === stage);
    for (const later of this.stages.slice(first)) {
      later.state = 'pending';
      later.detail = undefined;
      later.startedAt = undefined;
      later.endedAt = undefined;
    }
  }

  private forgetStages(): void {
    const [first] = this.stages;
    if (first !== undefined) {
      this.resetFrom(first.stage);
    }
    this.progress = undefined;
    this.importJob = undefined;
    this.answer = undefined;
    this.warnings.length = 0;
  }
}
