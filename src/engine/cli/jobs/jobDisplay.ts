import type { Job, JobEvent, JobStage, RunJobOptions } from '../../jobs';
import { createAnswerStream } from '../commands/ask';
import type { PlannedFile } from '../../transfer';
import type { ShownFile } from '../progress/types';
import type { Session } from '../session';

const STAGES: Readonly<Record<JobStage, string>> = {
  check: 'Looking again at what goes where',
  role: 'Preparing the import role',
  copy: 'Copying to S3',
  import: 'Starting the import',
  wait: 'Importing into Bedrock',
  ask: 'Asking the model',
  switch: 'Leading new kernels to the new place',
  free: 'Deleting what was moved'
};

export function stageText(stage: JobStage, kind: Job['kind']): string {
  return stage === 'copy' && kind === 'move' ? 'Moving the cache' : STAGES[stage];
}

/** The move of a cache finds its files only when it runs. */
export function plannedFiles(job: Job): readonly PlannedFile[] {
  return job.kind === 'move' ? [] : job.plan.files;
}

function importJobName(job: Job): string | undefined {
  return job.kind === 'move' ? undefined : job.import?.names.jobName;
}

/** A job's events on the screen, whether it runs here or in another process. */
export interface JobDisplay extends Required<
  Pick<RunJobOptions, 'onEvent' | 'onCopyProgress' | 'onText'>
> {
  /** The import job that runs in Bedrock, whatever becomes of this process. */
  readonly runningImport: () => string | undefined;
  /** Takes everything that moves off the screen. */
  readonly end: () => void;
}

/** @param live - the job runs in this process, which knows more than its events tell */
export function createJobDisplay(session: Session, job: Job, live: boolean): JobDisplay {
  const { progress } = session;
  const stream = createAnswerStream(session);
  const sizes = new Map(plannedFiles(job).map(file => [file.path, file.sizeBytes]));
  const atWork = new Map<string, ShownFile>();
  let importJob: string | undefined;
  let begun: JobStage | undefined;
  const onFile = (event: JobEvent & { type: 'file' }): void => {
    if (event.state === 'copying' || event.state === 'proving') {
      const { path, state } = event;
      atWork.set(path, { path, state, sizeBytes: sizes.get(path) });
    } else {
      atWork.delete(event.path);
    }
  };
  const onStage = (event: JobEvent & { type: 'stage' }): void => {
    const { stage, state, detail } = event;
    if (state === 'start' && begun !== stage) {
      begun = stage;
      const text = stageText(stage, job.kind);
      progress.stage(detail === undefined ? text : `${text}: ${detail}`);
    } else if (state === 'start') {
      // More about a stage that has begun already.
      progress.status(detail ?? stageText(stage, job.kind));
    } else if (state === 'waiting') {
      progress.status(detail ?? 'Waiting for another import to end');
    } else if (stage === 'ask') {
      stream.end();
    } else if (state === 'done' && detail !== undefined) {
      progress.stage(`  ${detail}`);
    }
  };
  return {
    onEvent: event => {
      switch (event.type) {
        case 'stage':
          return onStage(event);
        case 'progress':
          return live
            ? undefined
            : progress.copy({ ...event.progress, files: [...atWork.values()] });
        case 'file':
          return onFile(event);
        case 'retry':
          return progress.retry(event.retry);
        case 'connections':
          return progress.connections(event);
        case 'wait':
          return progress.status(event.reason, event);
        case 'import-job':
          importJob = event.status === 'InProgress' ? event.jobArn : undefined;
          return progress.status(
            `Import job ${importJobName(job) ?? event.jobArn}: ${event.status}`
          );
        case 'answer':
          return live ? undefined : stream.onText(event.text);
        case 'warning':
          return progress.stage(`Warning: ${event.message}`);
        case 'state':
        case 'result':
          return undefined;
      }
    },
    onCopyProgress: progress.copy,
    onText: stream.onText,
    runningImport: () => importJob,
    end: () => stream.end()
  };
}
