import { BedrockImportError } from '../../errors';
import { copyModel } from '../copyModel';
import { listDestination } from '../destination';
import { readManifest } from '../manifest';
import { sourceLabel } from '../planSource';
import type { CopyOptions, CopyPlan, CopyResult, TransferContext } from '../types';
import { planIdentity, requireShare, ShareAssignment } from './assignShares';
import type { Share } from './assignShares';
import { SharePortion } from './sharePortion';
import { ShareRecords } from './shareRecords';

export interface CopyShareOptions extends CopyOptions, Share {
  /** Milliseconds to wait for what another worker has to do. @default 6 hours */
  patienceMs?: number;
}

export interface ShareResult extends CopyResult, Share {
  /** The whole model is there and proved, and the manifest says so. */
  whole: boolean;
}

const DEFAULT_PATIENCE_MS = 6 * 3600_000;

/**
 * Does one of several equal shares of a plan; the others run on other machines, or on this one, with
 * the same plan. Nobody hands out work: who sends what follows from the plan, and what the workers have
 * to tell each other lies as small objects beside the files. The first share ends last: it waits for
 * the others, writes the manifest and removes those objects. A share that broke off is run again with
 * the same words.
 *
 * @throws BedrockImportError `SHARE_INVALID`, `SHARE_MISSING`, `SHARE_UNSUPPORTED`, and those of `copyModel`
 */
export async function copyShare(
  context: TransferContext,
  plan: CopyPlan,
  options: CopyShareOptions
): Promise<ShareResult> {
  const { share, of } = requireShare(options);
  if (plan.source.kind === 'archive') {
    throw new BedrockImportError({
      code: 'SHARE_UNSUPPORTED',
      message: 'An archive is read from its beginning to its end, so several workers gain nothing.',
      subject: sourceLabel(plan.source),
      nextStep: 'Copy it with one worker: leave out --share.',
      kind: 'usage'
    });
  }
  const assignment = new ShareAssignment(plan, of);
  const planId = planIdentity(plan);
  let whole = false;
  const recordsFor = (signal: AbortSignal): ShareRecords =>
    new ShareRecords(context.aws.s3, plan.destination, { id: planId, of }, signal);
  const result = await copyModel(context, plan, options, async (signal, unfinished) => {
    const records = recordsFor(signal);
    const portion = new SharePortion({
      s3: context.aws.s3,
      plan,
      planId,
      assignment,
      share,
      records,
      unfinished,
      signal,
      patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
      finished: () => isFinished(context, plan, signal),
      onWait: options.onWait,
      onWhole: () => {
        whole = true;
      }
    });
    await portion.begin();
    return portion;
  });
  if (whole) {
    await recordsFor(options.signal ?? new AbortController().signal).removeAll();
  }
  return { ...result, share, of, whole };
}

/** The manifest of this plan is there: every worker's work is done. */
async function isFinished(
  context: TransferContext,
  plan: CopyPlan,
  signal: AbortSignal
): Promise<boolean> {
  const { s3 } = context.aws;
  const manifest = await readManifest(s3, plan.destination, signal);
  if (manifest === undefined || sourceLabel(manifest.source) !== sourceLabel(plan.source)) {
    return false;
  }
  const objects = await listDestination(s3, plan.destination, signal);
  const proved = new Map(manifest.files.map(file => [file.key, file]));
  return plan.files.every(({ key, sizeBytes }) => {
    const proof = proved.get(key);
    return proof?.sizeBytes === sizeBytes && objects.get(key)?.etag === proof.etag;
  });
}
