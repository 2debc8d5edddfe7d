import { describeObject, HEADS_AT_ONCE, listDestination, mapInParallel } from './destination';
import { readManifest } from './manifest';
import { compareWithObject, provedByManifest } from './planCopy';
import { sourceLabel } from './planSource';
import type { CopyPlan, PlannedFile, TransferContext } from './types';

/**
 * The same plan for the destination as it is now: what an interrupted copy has brought there already
 * need not move again. The source is not looked at. What was agreed to be overwritten stays what it was;
 * an object of somebody else that has come since, `copyModel` refuses.
 *
 * @throws BedrockImportError those of `planCopy` for the destination.
 */
export async function refreshPlan(
  context: TransferContext,
  plan: CopyPlan,
  signal?: AbortSignal
): Promise<CopyPlan> {
  const { destination } = plan;
  const { s3 } = context.aws;
  const [objects, manifest] = await Promise.all([
    listDestination(s3, destination, signal),
    readManifest(s3, destination, signal)
  ]);
  const earlier = new Map(manifest?.files.map(proof => [proof.key, proof]));
  const label = sourceLabel(plan.source);
  const files = await mapInParallel(plan.files, HEADS_AT_ONCE, async before => {
    const file = asPlannedFirst(before);
    const listed = objects.get(file.key);
    if (listed === undefined) {
      return file;
    }
    const proof = provedByManifest(file, listed, earlier.get(file.key));
    if (proof !== undefined) {
      return { ...file, action: 'skip' as const, proof };
    }
    if (before.proof !== undefined && before.proof.etag === listed.etag) {
      return before;
    }
    const found = await describeObject(s3, destination.bucket, listed, signal);
    return found === undefined ? file : compareWithObject(file, file, found, label, []);
  });
  const moving = files.filter(({ action }) => action === 'copy' || action === 'write');
  return {
    ...plan,
    files,
    bytesToMove: moving.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    alreadyThere: files.filter(({ action }) => action === 'skip').length
  };
}

function asPlannedFirst(file: PlannedFile): PlannedFile {
  const { proof: _, ...rest } = file;
  return { ...rest, action: file.content === undefined ? 'copy' : 'write' };
}
