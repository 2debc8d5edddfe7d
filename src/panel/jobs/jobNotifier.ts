import type { JobFact } from '../../protocol';
import { isActive } from './jobWords';
import type { JobsModel } from './jobsModel';

/** Tells once of each job that ends while this page is open. */
export class JobNotifier {
  /** Jobs that this page has seen at work; those that had ended before it came are no news. */
  private readonly atWork = new Set<string>();

  constructor(
    private readonly model: JobsModel,
    private readonly tell: (job: JobFact) => void
  ) {
    model.stateChanged.connect(this.look, this);
  }

  dispose(): void {
    this.model.stateChanged.disconnect(this.look, this);
  }

  private look(): void {
    for (const job of this.model.jobs) {
      if (isActive(job)) {
        this.atWork.add(job.id);
      } else if (job.state !== 'interrupted' && this.atWork.delete(job.id)) {
        // What the user has stopped needs no news.
        if (job.state === 'done' || job.state === 'failed') {
          this.tell(job);
        }
      }
    }
  }
}

/** What fits into a toast (JupyterLab shortens longer ones by itself, in the middle of a word). */
const LONGEST_MESSAGE = 140;
/** So much of a job's title leaves room for why it failed. */
export const LONGEST_TITLE = 60;

export function shortened(text: string, most: number = LONGEST_MESSAGE): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
