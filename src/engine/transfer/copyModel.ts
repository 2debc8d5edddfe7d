import { BedrockImportError, throwIfCancelled } from '../errors';
import { createBytePipe } from './bytes';
import { CopyRun } from './copyRun';
import { followHubWaits } from '../hub';
import { abortLeftovers, describeUploads } from './leftovers';
import { makeManifest, MANIFEST_NAME, readManifest, writeText } from './manifest';
import { CopyMeter } from './meter';
import { Outages } from './outages';
import { bytesOfParts } from './partSize';
import { requireExecutable } from './planChecks';
import { sourceLabel } from './planSource';
import type { CopyPortion } from './portion';
import { formatS3Uri } from './s3Uri';
import type { CopyOptions, CopyPlan, CopyResult, FileProof, TransferContext } from './types';
import { requireUnchanged } from './recheck';
import { findUnfinishedUploads } from './uploads';

export const DEFAULT_CONNECTIONS = 64;
export const MAX_CONNECTIONS = 64;

/** Shorter waits for the hub are not worth a word. */
const TOLD_WAIT_MS = 2_000;

/**
 * Carries out a plan: sends what has to go, proves every file by its SHA-256, and writes the manifest
 * last. What an interrupted run had sent is kept and used. A plan with nothing to do moves nothing.
 *
 * @param makePortion limits the run to a part of the plan, where several workers share it
 *
 * @throws BedrockImportError `OVERWRITE_REFUSED`, `DESTINATION_UNUSABLE`, `DESTINATION_CHANGED`,
 *   `HUB_FILE_MISMATCH`, `SOURCE_FILE_MISMATCH`, `HUB_FILE_GONE`, `HUB_RANGE_IGNORED`,
 *   `COPY_GAVE_UP`, `UPLOAD_GONE`, `CANCELLED`, those of `downloadModel` where the bytes go through the
 *   disk, and those of hub and AWS.
 */
export async function copyModel(
  context: TransferContext,
  plan: CopyPlan,
  options: CopyOptions = {},
  makePortion?: (
    signal: AbortSignal,
    unfinished: ReadonlyMap<string, readonly string[]>
  ) => Promise<CopyPortion>
): Promise<CopyResult> {
  const connections = options.connections ?? DEFAULT_CONNECTIONS;
  if (!Number.isInteger(connections) || connections < 1 || connections > MAX_CONNECTIONS) {
    throw new BedrockImportError({
      code: 'CONNECTIONS_INVALID',
      message: `${connections} is not a number of connections.`,
      nextStep: `Give a whole number from 1 to ${MAX_CONNECTIONS}.`,
      kind: 'usage'
    });
  }
  requireExecutable(plan, options.allowOverwrite ?? false);
  const { destination } = plan;
  const where = formatS3Uri(destination);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const meter = new CopyMeter(plan.files, options);
  const bytes = createBytePipe({ connections });
  const outages = new Outages({
    signal: stop.signal,
    patienceMs: options.outagePatienceMs,
    renewCredentials: () => context.aws.credentials.renew(),
    credentialsAreFixed: context.aws.credentials.fixed,
    onWait: options.onWait
  });
  let busy: ((why: string) => void) | undefined;
  const unfollow = followHubWaits(context.hub, ({ reason, nextTryMs }) => {
    if (/status 429/.test(reason)) {
      busy?.(`the hub limits requests (${reason})`);
    }
    if (nextTryMs >= TOLD_WAIT_MS) {
      options.onWait?.({
        reason: `The hub asks to wait (${reason})`,
        waitedMs: 0,
        budgetMs: nextTryMs
      });
    }
  });
  try {
    throwIfCancelled(options.signal, where);
    meter.start();
    const [, unfinished] = await outages.through(() =>
      Promise.all([
        requireUnchanged(context.aws.s3, plan, stop.signal),
        unfinishedUploads(context, plan, stop.signal)
      ])
    );
    // What is there now tells later what others have added; the copy need not wait for it.
    const before = describeUploads(context.aws.s3, destination.bucket, unfinished, stop.signal);
    before.catch(() => undefined);
    const portion = await makePortion?.(stop.signal, unfinished);
    if (portion !== undefined) {
      meter.limitTo(file => bytesOfParts(file, portion.parts(file)));
    }
    const run = new CopyRun({
      context,
      plan,
      bytes,
      meter,
      unfinished,
      portion,
      stop,
      outages,
      onConnections: options.onConnections,
      onRetry: retry => {
        meter.retried(retry.cause);
        options.onRetry?.(retry);
      }
    });
    busy = why => run.congested(why);
    const own = await run.execute(connections);
    meter.setPhase('manifest');
    const proofs = portion === undefined ? own : await portion.finish(own);
    if (proofs !== undefined) {
      await outages.through(() => writeManifest(context, plan, proofs, stop.signal));
    }
    // While others still add to them, uploads are no leftovers.
    if (run.sentInParts.size > 0 && proofs !== undefined) {
      await abortLeftovers(
        context.aws.s3,
        destination,
        {
          keys: run.sentInParts,
          own: run.ownUploads,
          before: await before,
          repeated: run.repeatedUploads
        },
        stop.signal
      );
    }
    const moved = meter.movedNow;
    const seconds = meter.seconds;
    return {
      destination: where,
      manifestKey: destination.prefix + MANIFEST_NAME,
      files: proofs ?? own,
      totalBytes: plan.totalBytes,
      movedBytes: moved,
      skippedFiles: plan.alreadyThere,
      seconds,
      bytesPerSecond: seconds > 0 ? moved / seconds : 0,
      retries: meter.retries,
      nothingMoved: moved === 0
    };
  } catch (error) {
    throwIfCancelled(options.signal, where, error);
    throw error;
  } finally {
    meter.stop();
    stop.abort();
    options.signal?.removeEventListener('abort', onAbort);
    unfollow();
    bytes.close();
  }
}

/** Upload ids by key, of the files that this plan sends in parts. */
async function unfinishedUploads(
  context: TransferContext,
  plan: CopyPlan,
  signal: AbortSignal
): Promise<Map<string, string[]>> {
  const keys = new Set(
    plan.files
      .filter(({ action, method }) => action === 'copy' && method === 'multipart')
      .map(({ key }) => key)
  );
  if (keys.size === 0) {
    return new Map();
  }
  const found = await findUnfinishedUploads(context.aws.s3, plan.destination, signal);
  return new Map([...found].filter(([key]) => keys.has(key)));
}

/** An unchanged copy leaves its manifest as it is, so that a second run writes nothing at all. */
async function writeManifest(
  context: TransferContext,
  plan: CopyPlan,
  proofs: FileProof[],
  signal: AbortSignal
): Promise<void> {
  const { destination } = plan;
  if (plan.alreadyThere === plan.files.length) {
    const earlier = await readManifest(context.aws.s3, destination, signal);
    const known = new Map(earlier?.files.map(file => [file.key, file]));
    const covers =
      earlier !== undefined &&
      sourceLabel(earlier.source) === sourceLabel(plan.source) &&
      known.size === proofs.length &&
      proofs.every(({ key, etag, sha256 }) => {
        const file = known.get(key);
        return file?.etag === etag && file.sha256 === sha256;
      });
    if (covers) {
      return;
    }
  }
  await writeText(
    context.aws.s3,
    {
      bucket: destination.bucket,
      key: destination.prefix + MANIFEST_NAME,
      text: `${JSON.stringify(makeManifest(plan, proofs, new Date()), null, 2)}\n`
    },
    signal
  );
}
