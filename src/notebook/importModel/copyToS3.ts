import process from 'node:process';

import {
  createCopyJob,
  formatBytes,
  formatS3Uri,
  getCallerIdentity,
  hubCacheFolder,
  inspectModel,
  normalisePrefix,
  openCopySource,
  parseS3Uri,
  planCopy,
  readManifest,
  refreshPlan,
  requireExecutable,
  sourceVersion,
  throughCache
} from '../../engine';
import type {
  CopyPlan,
  Job,
  JobCopyResult,
  JobSettings,
  Manifest,
  PlanSource,
  S3Destination
} from '../../engine';
import { refusalOf } from '../../engine/cli/blocked';
import { displayedAs, note, show, stack, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import { checksTable, planTable, proofsTable } from '../views';
import { requireConsent } from './consent';
import { notebookJobs } from './notebookJobs';
import { requireBucket } from './reviewModel';
import { downloadChecks } from './downloadChecks';
import { runLive } from './runLive';

export interface PlanCopyToS3Options {
  /** What `openCopySource` takes. @default the model of `connect()` */
  model?: string;
  /** @default the bucket of `connect()` */
  bucket?: string;
  /** @default `bedrock-import/<model id>/<first 12 characters of the commit or fingerprint>/` */
  prefix?: string;
  /** `s3://bucket/prefix/`, in place of the two above. */
  destination?: string;
  /** Text of the chat template that replaces the model's own. */
  chatTemplate?: string;
  /** The bytes of a model of the hub go through this Hugging Face cache folder on disk. */
  cacheFolder?: string;
  signal?: AbortSignal;
}

export interface CopySettings extends Pick<
  JobSettings,
  'connections' | 'allowOverwrite' | 'keepAwake'
> {
  /** Agreed to without being asked. @default false */
  confirm?: boolean;
  /** Ends the showing; the job goes on in the background. The running cell's ■ does the same. */
  signal?: AbortSignal;
}

export type CopyToS3Options = PlanCopyToS3Options & CopySettings;

export interface CopyToS3Result extends JobCopyResult {
  jobId: string;
  /** The proofs, as they were written beside the model; missing where it could not be read back. */
  manifest?: Manifest;
}

const shown = new WeakSet<CopyPlan>();

/**
 * Says what a copy to S3 will do, file by file. Changes nothing. As the last value of a cell it is shown;
 * `copyToS3` takes it.
 *
 * @throws BedrockImportError `CELL_ORDER`, `BUCKET_MISSING`, and those of `openCopySource` and `planCopy`
 */
export async function planCopyToS3(
  options: PlanCopyToS3Options = {}
): Promise<CopyPlan & Displayed> {
  const { context, ...session } = currentSession();
  const signal = withCellSignal(options.signal);
  const opened = await openCopySource(context, options.model ?? session.model, { signal });
  const source = sourceOf(opened, options.cacheFolder);
  const inspection = await inspectModel(opened.files, { region: context.aws.region, signal });
  const { account } = await getCallerIdentity(context.aws, { signal });
  const destination = destinationOf(options, session.bucket, source);
  const { chatTemplate } = options;
  const plan = await planCopy(context, {
    ...{ inspection, source, destination, chatTemplate, account, signal }
  });
  const ofDisk = await downloadChecks(context, plan, signal);
  const checks = [...inspection.checks, ...plan.checks, ...ofDisk];
  const displayed: CopyPlan & Displayed = displayedAs({ ...plan, checks }, () =>
    copyView(displayed)
  );
  return displayed;
}

/**
 * Copies a model to S3, proves the SHA-256 of every file, and shows how it goes, in one display. Like
 * `importModel` it goes on after ■, and the cell run again shows it; what is there and proved is not moved
 * again.
 *
 * @param what - A plan from `planCopyToS3`, or options. On AWS, what nobody has looked at is shown and
 *   asked for by `confirm`: S3 bills what is stored there.
 * @throws BedrockImportError `CELL_ORDER`, `CHECK_BLOCKS`, `OVERWRITE_REFUSED`, `NOT_CONFIRMED`, `DETACHED`
 *   after ■, and those of the plan and of the job
 */
export async function copyToS3(
  what: CopyPlan | CopyToS3Options = {},
  settings: CopySettings = {}
): Promise<CopyToS3Result & Displayed> {
  const session = currentSession();
  const given = isPlan(what) ? settings : { ...what, ...settings };
  const signal = withCellSignal(given.signal);
  const plan = isPlan(what)
    ? await asItIsNow(what, signal)
    : await planCopyToS3({ ...what, signal });
  const { modelId } = plan.source;
  const refusal = refusalOf(plan.checks, modelId);
  if (refusal !== undefined) {
    await show(checksTable(plan.checks));
    throw refusal;
  }
  requireExecutable(plan, given.allowOverwrite ?? false);
  const where = formatS3Uri(plan.destination);
  await requireConsent({
    session,
    given: given.confirm === true || (isPlan(what) && shown.has(what)) || plan.bytesToMove === 0,
    view: () => copyView(plan),
    question: `Copy ${formatBytes(plan.bytesToMove)} of ${modelId} to ${where}? S3 bills what is stored there.`,
    subject: modelId
  });
  const jobs = await notebookJobs();
  const { connections, allowOverwrite, keepAwake } = given;
  const { account } = session.identity ?? {};
  const { id } = await createCopyJob(jobs.store, plan, {
    ...{ connections, allowOverwrite, keepAwake, account }
  });
  let manifest: Manifest | undefined;
  const job = await runLive(jobs, id, {
    signal,
    onDone: async () => {
      manifest = await readManifest(session.context.aws.s3, plan.destination, signal);
      return manifest && proofsTable(manifest);
    }
  });
  const result = { jobId: id, ...copyOf(job), ...(manifest === undefined ? {} : { manifest }) };
  return displayedAs(result, () => summary(result, plan.files.length));
}

/**
 * The other way: the files come to the Hugging Face cache on this disk first, for other tools as well, and
 * go from there to S3.
 *
 * @throws BedrockImportError those of `copyToS3`; `CHECK_BLOCKS` where the disk has no room
 */
export async function downloadThenCopy(
  options: CopyToS3Options = {}
): Promise<CopyToS3Result & Displayed> {
  const { homeDirectory } = currentSession().environment;
  const cacheFolder = hubCacheFolder({ env: process.env, homeDirectory }, options.cacheFolder);
  return copyToS3({ ...options, cacheFolder });
}

/** A plan that was carried out says that all has to move; what is there and proved by now need not. */
async function asItIsNow(plan: CopyPlan, signal: AbortSignal | undefined): Promise<CopyPlan> {
  const now = await refreshPlan(currentSession().context, plan, signal);
  return now.bytesToMove === 0 ? now : plan;
}

function isPlan(what: CopyPlan | CopyToS3Options): what is CopyPlan {
  return 'files' in what && 'source' in what;
}

function sourceOf(
  { source, files }: Awaited<ReturnType<typeof openCopySource>>,
  cacheFolder: string | undefined
): PlanSource {
  return cacheFolder === undefined || source.kind !== 'hub'
    ? source
    : throughCache(source, cacheFolder, files.model.requestedRevision);
}

function destinationOf(
  options: PlanCopyToS3Options,
  ofSession: string | undefined,
  source: PlanSource
): S3Destination {
  if (options.destination !== undefined) {
    return parseS3Uri(options.destination);
  }
  const bucket = requireBucket(options.bucket ?? ofSession);
  // A folder may be called what no prefix can.
  const name = source.modelId.replace(/[^-!_*'().a-zA-Z0-9/]+/g, '-');
  const usual = `bedrock-import/${name}/${sourceVersion(source).slice(0, 12)}`;
  return { bucket, prefix: normalisePrefix(options.prefix ?? usual) };
}

function copyView(plan: CopyPlan): View {
  shown.add(plan);
  return stack(planTable(plan), checksTable(plan.checks));
}

/** @throws Error for a job that is done and has not told what it copied */
function copyOf(job: Job): JobCopyResult {
  const copy = job.result?.copy;
  if (copy === undefined) {
    throw new Error(`The job ${job.id} is done and has not told what it copied.`);
  }
  return copy;
}

/** The display of the job says the rest. */
function summary({ destination, totalBytes }: CopyToS3Result, files: number): View {
  return note(`${files} of ${files} files, ${formatBytes(totalBytes)}, proved in ${destination}`);
}
