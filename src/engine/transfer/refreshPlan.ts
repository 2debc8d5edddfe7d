import { lookAtDestination } from './lookAtDestination';
import type { CopyPlan, TransferContext } from './types';

/**
 * The same plan for the destination as it is now: what an interrupted copy has brought there already
 * need not move again. Of the source nothing is looked at but those files of a folder that may be there.
 * What was agreed to be overwritten stays what it was; an object of somebody else that has come since,
 * `copyModel` refuses.
 *
 * @throws BedrockImportError those of `planCopy` for the destination.
 */
export async function refreshPlan(
  context: TransferContext,
  plan: CopyPlan,
  signal?: AbortSignal
): Promise<CopyPlan> {
  const { files } = await lookAtDestination(context, plan, { signal });
  const moving = files.filter(({ action }) => action === 'copy' || action === 'write');
  return {
    ...plan,
    files,
    bytesToMove: moving.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    alreadyThere: files.filter(({ action }) => action === 'skip').length
  };
}
