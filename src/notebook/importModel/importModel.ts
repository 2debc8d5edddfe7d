import {
  BedrockImportError,
  createImportJob,
  getImportedModel,
  jobId,
  requireExecutable
} from '../../engine';
import type { ImportResult, ImportReview, Job, JobSettings } from '../../engine';
import { refusalOf } from '../../engine/cli/blocked';
import { displayedAs, heading, note, show, stack, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import type { NotebookSession } from '../session';
import { modelView, reviewView } from '../views';
import { wasShown } from '../views/reviewView';
import { requireConsent } from './consent';
import { notebookJobs } from './notebookJobs';
import type { NotebookJobs } from './notebookJobs';
import { reviewModel } from './reviewModel';
import type { ReviewModelOptions } from './reviewModel';
import { runLive } from './runLive';

export interface ImportSettings extends JobSettings {
  /** Agreed to without being asked. @default false */
  confirm?: boolean;
  /** Ends the showing; the job goes on in the background. The running cell's ■ does the same. */
  signal?: AbortSignal;
}

export type ImportModelOptions = ReviewModelOptions & ImportSettings;

/**
 * Brings a model into Bedrock and shows how it goes, in one display. The job belongs to the kernel, not to
 * the cell: after ■ it goes on, and the cell run again shows it. After a restart of the kernel the cell goes
 * on where the job was; one that another process runs is followed; one that is done is not done again.
 *
 * @param what - A review from `reviewModel` or `reviewImport`, or options. On AWS, what nobody has looked
 *   at is shown with its cost notes, and asked for by `confirm`.
 * @throws BedrockImportError `CELL_ORDER`, `CHECK_BLOCKS`, `OVERWRITE_REFUSED`, `NOT_CONFIRMED`, `DETACHED`
 *   after ■, and those of the review and of the job
 */
export async function importModel(
  what: ImportReview | ImportModelOptions = {},
  settings: ImportSettings = {}
): Promise<ImportResult & Displayed> {
  const session = currentSession();
  const given = isReview(what) ? settings : { ...what, ...settings };
  const signal = withCellSignal(given.signal);
  const review = isReview(what) ? what : await reviewModel({ ...what, signal });
  const jobs = await notebookJobs();
  const kept = jobSettings(given);
  const known = await knownJob(jobs, review);
  if (known?.state === 'done' && (await stillThere(session, known, kept, signal))) {
    const result = resultOf(known);
    await show(
      stack(note('This model was imported before.', { tone: 'faint' }), resultView(result))
    );
    return displayedAs(result, () => summary(result));
  }
  const id =
    known !== undefined && (await goesOn(jobs, known, kept))
      ? known.id
      : await newJob(session, jobs, review, kept, given.confirm === true || wasShown(review));
  const job = await runLive(jobs, id, {
    signal,
    onDone: done => Promise.resolve(resultView(resultOf(done)))
  });
  const result = resultOf(job);
  return displayedAs(result, () => summary(result));
}

function isReview(what: ImportReview | ImportModelOptions): what is ImportReview {
  return 'plan' in what && 'inspection' in what;
}

function jobSettings(given: ImportSettings): JobSettings {
  const { ask, connections, allowOverwrite, importTimeLimitMs, keepAwake } = given;
  return { ask, connections, allowOverwrite, importTimeLimitMs, keepAwake };
}

/** What is imported makes a job's id, so the same import finds the job of an earlier run. */
async function knownJob({ store }: NotebookJobs, review: ImportReview): Promise<Job | undefined> {
  const id = jobId({
    kind: 'import',
    plan: review.plan,
    account: review.identity.account,
    requestedName: review.requestedName
  });
  try {
    return await store.read(id);
  } catch (error) {
    if (
      error instanceof BedrockImportError &&
      ['JOB_NOT_FOUND', 'JOB_UNREADABLE'].includes(error.code)
    ) {
      return undefined;
    }
    throw error;
  }
}

/** A model that was deleted meanwhile is imported anew. */
async function stillThere(
  session: NotebookSession,
  job: Job,
  settings: JobSettings,
  signal: AbortSignal | undefined
): Promise<boolean> {
  const modelArn = job.result?.model?.modelArn;
  if (modelArn === undefined || job.settings.ask !== settings.ask) {
    return false;
  }
  try {
    await getImportedModel(session.context.aws, modelArn, { signal });
    return true;
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'MODEL_NOT_FOUND') {
      return false;
    }
    throw error;
  }
}

/** One that runs, or rests on the way and was agreed to when it was started. */
async function goesOn({ store }: NotebookJobs, job: Job, settings: JobSettings): Promise<boolean> {
  if ((await store.lookAt(job.id)).state === 'held') {
    return true;
  }
  const rests = ['interrupted', 'paused', 'waiting'].includes(job.state);
  return rests && sameSettings(job.settings, settings);
}

function sameSettings(a: JobSettings, b: JobSettings): boolean {
  return (
    a.ask === b.ask &&
    a.connections === b.connections &&
    (a.allowOverwrite ?? false) === (b.allowOverwrite ?? false) &&
    a.importTimeLimitMs === b.importTimeLimitMs &&
    (a.keepAwake ?? false) === (b.keepAwake ?? false)
  );
}

async function newJob(
  session: NotebookSession,
  { store }: NotebookJobs,
  review: ImportReview,
  settings: JobSettings,
  agreed: boolean
): Promise<string> {
  const { modelId } = review.plan.source;
  const refusal = refusalOf(review.checks, modelId);
  if (refusal !== undefined) {
    await show(reviewView(review));
    throw refusal;
  }
  requireExecutable(review.plan, settings.allowOverwrite ?? false);
  await requireConsent({
    session,
    given: agreed,
    view: () => reviewView(review),
    question: `Import ${modelId} into Bedrock in account ${review.identity.account}? What it costs is listed above.`,
    subject: modelId
  });
  return (await createImportJob(store, review, settings)).id;
}

/** @throws Error for a job that is done and has not told all that it brought about */
function resultOf(job: Job): ImportResult {
  const { copy, role, importJob, model, answer, seconds = 0 } = job.result ?? {};
  if (copy === undefined || role === undefined || importJob === undefined || model === undefined) {
    throw new Error(`The job ${job.id} is done and has not told all that it brought about.`);
  }
  const told = answer === undefined ? {} : { answer };
  return { jobId: job.id, copy, role, importJob, model, ...told, seconds };
}

function resultView({ model, answer }: ImportResult): View {
  return stack(
    heading('Imported'),
    modelView(model),
    answer && stack(heading('Its first answer'), note(answer.text))
  );
}

/** The display of the job says the rest. */
function summary({ model }: ImportResult): View {
  return note(`${model.modelName}: ${model.modelArn}`);
}
