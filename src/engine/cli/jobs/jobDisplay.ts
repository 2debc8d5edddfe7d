import type { Job, JobEvent, JobStage, RunJobOptions } from '../../jobs';
import { createAnswerStream } from '../commands/ask';
import type { ShownFile } from '../progress/types';
import type { Session } from '../session';

const STAGES: Readonly<Record<JobStage, string>> = {
  check: 'Looking again at what goes where',
  role: 'Preparing the import role',
  copy: 'Copying to S3',
  import: 'Starting the import',
  wait: 'Importing into Bedrock',
  ask: 'Asking the model'
};

export function stageText(stage: JobStage): string {
  return STAGES[stage];
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
  const sizes = new Map(job.plan.files.map(file => [file.path, file.sizeBytes]));
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
      progress.stage(detail === undefined ? stageText(stage) : `${stageText(stage)}: ${detail}`);
    } else if (state === 'start') {
      // More about a stage that has begun already.
      progress.status(detail ?? stageText(stage));
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
            `Import job ${job.import?.names.jobName ?? event.jobArn}: ${event.status}`
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
