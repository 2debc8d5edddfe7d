import type { Job } from '../../engine';
import { withCellSignal } from '../display';
import { notebookJobs } from './notebookJobs';
import { runLive } from './runLive';

/**
 * Shows a job, whoever runs it, until it comes to its end, and starts nothing.
 *
 * @param id - Of the job, or the beginning of it.
 * @throws BedrockImportError `CELL_ORDER`, `JOB_NOT_FOUND`, `JOB_AMBIGUOUS`, `DETACHED` after ■,
 *   `JOB_INTERRUPTED`, and why the job has failed or was stopped
 */
export async function showJob(id: string, options: { signal?: AbortSignal } = {}): Promise<Job> {
  const jobs = await notebookJobs();
  const signal = withCellSignal(options.signal);
  return await runLive(jobs, await jobs.store.resolve(id), { signal, start: false });
}
