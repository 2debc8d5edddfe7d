import { GroupItem, ProgressBar, TextItem } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { JobFact } from '../../protocol';
import { formatDuration, percentOf, StatusButton } from '../components';
import type { JobsModel } from './jobsModel';
import { isActive, stageWord } from './jobWords';

/** The job that the status bar tells of. */
export function shownJob(jobs: readonly JobFact[]): JobFact | undefined {
  return jobs.find(({ state }) => state === 'running') ?? jobs.find(isActive);
}

function statusText(
  { stage, state }: JobFact,
  progress: JobFact['progress'],
  trans: TranslationBundle
): string {
  if (state === 'waiting') {
    return trans.__('Import waits');
  }
  if (stage !== undefined && stage !== 'copy') {
    return stageWord(stage, trans);
  }
  const percent = percentOf(progress?.movedBytes ?? 0, progress?.totalBytes ?? 0);
  return progress?.secondsLeft === undefined
    ? trans.__('%1 %', percent)
    : trans.__('%1 %, %2 left', percent, formatDuration(progress.secondsLeft, trans));
}

/** What runs, in the status bar; a click opens the list of jobs. */
export class JobStatus extends StatusButton<JobsModel> {
  constructor(
    model: JobsModel,
    private readonly trans: TranslationBundle,
    open: () => void
  ) {
    super(model, open);
    this.addClass('jp-BedrockImport-status');
  }

  protected render(): JSX.Element | null {
    const job = shownJob(this.model.jobs);
    if (job === undefined) {
      return null;
    }
    const { trans } = this;
    // What the list has of a job that runs elsewhere is some seconds old.
    const progress = this.model.storyOf(job.id)?.progress ?? job.progress;
    const text = statusText(job, progress, trans);
    this.node.title = job.title;
    this.node.setAttribute('aria-label', trans.__('%1: %2', job.title, text));
    return (
      <GroupItem spacing={4}>
        <TextItem source={trans.__('Bedrock')} />
        {job.stage === 'copy' && progress !== undefined ? (
          <ProgressBar percentage={percentOf(progress.movedBytes, progress.totalBytes)} />
        ) : (
          <></>
        )}
        <TextItem source={text} />
      </GroupItem>
    );
  }
}
