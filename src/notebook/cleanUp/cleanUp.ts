import { DeleteObjectCommand } from '@aws-sdk/client-s3';

import {
  BedrockImportError,
  deleteImportedModel,
  formatBytes,
  formatS3Uri,
  throwIfCancelled,
  toAwsError
} from '../../engine';
import type { AwsClients } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import {
  displayedAs,
  heading,
  keyValues,
  note,
  requireYes,
  show,
  stack,
  withCellSignal
} from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import { findModel, listStored, planView, wasPlanShown } from './planCleanUp';
import type { CleanUpPlan } from './planCleanUp';

export interface CleanUpResult {
  /** ARN of the model that was deleted; missing when there was none. */
  deletedModel?: string;
  deletedObjects: number;
  deletedBytes: number;
  /** Keys of objects that had changed since the plan was made; they stay. */
  changed: string[];
  /** The bucket has versioning on: it still holds what was deleted, as earlier versions. */
  keepsVersions: boolean;
}

/**
 * Deletes what a plan of `planCleanUp` names and nothing else: first the imported model, which is billed, then
 * the objects. What is gone already is no failure, so a call that broke off is made again. A plan that nobody
 * has looked at is shown, and on AWS asked for.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `NOT_CONFIRMED`, `MODEL_STILL_THERE`, those of
 *   `deleteImportedModel` and of `toAwsError`
 */
export async function cleanUp(
  plan: CleanUpPlan,
  options: { signal?: AbortSignal; confirm?: boolean } = {}
): Promise<CleanUpResult & Displayed> {
  const { aws } = currentSession().context;
  const signal = withCellSignal(options.signal);
  await requireAgreement(plan, options.confirm ?? false);
  const deletedModel = await deleteModel(aws, plan, signal);
  const now = new Map(
    (await listStored(aws, plan.destination, signal)).map(({ key, etag }) => [key, etag])
  );
  const result: CleanUpResult = {
    ...(deletedModel === undefined ? {} : { deletedModel }),
    deletedObjects: 0,
    deletedBytes: 0,
    changed: [],
    keepsVersions: false
  };
  for (const { key, etag, sizeBytes } of plan.objects.filter(({ key }) => now.has(key))) {
    if (now.get(key) !== etag) {
      result.changed.push(key);
      continue;
    }
    result.keepsVersions = (await deleteObject(aws, plan, key, signal)) || result.keepsVersions;
    result.deletedObjects += 1;
    result.deletedBytes += sizeBytes;
  }
  return displayedAs(result, () => resultView(plan, result));
}

async function requireAgreement(plan: CleanUpPlan, confirm: boolean): Promise<void> {
  if (wasPlanShown(plan)) {
    return;
  }
  await show(planView(plan));
  await requireYes({
    agreed: confirm || currentSession().where === 'sandbox',
    question: 'Delete what is listed?',
    message: 'Nothing was deleted.',
    subject: formatS3Uri(plan.destination),
    nextStep: 'Look at what is shown above, then run this cell again.'
  });
}

async function deleteModel(
  aws: AwsClients,
  { model }: CleanUpPlan,
  signal: AbortSignal | undefined
): Promise<string | undefined> {
  if (model === undefined) {
    return undefined;
  }
  try {
    await deleteImportedModel(aws, model.modelArn, { signal });
  } catch (error) {
    if (!(error instanceof BedrockImportError && error.code === 'MODEL_NOT_FOUND')) {
      throw error;
    }
    return undefined;
  }
  // Bedrock's answer says that it has begun; only a look says that no storage is billed any more.
  const left = await findModel(aws, model.modelArn, signal);
  if (left !== undefined) {
    throw new BedrockImportError({
      code: 'MODEL_STILL_THERE',
      message: `Bedrock still lists ${model.modelName} after its deletion.`,
      subject: model.modelArn,
      nextStep: 'Run this cell again in a minute.'
    });
  }
  return model.modelArn;
}

/** @returns whether only a marker was put on top of it */
async function deleteObject(
  aws: AwsClients,
  { destination }: CleanUpPlan,
  key: string,
  signal: AbortSignal | undefined
): Promise<boolean> {
  const subject = `s3://${destination.bucket}/${key}`;
  throwIfCancelled(signal, subject);
  try {
    const answer = await aws.s3.send(
      new DeleteObjectCommand({ Bucket: destination.bucket, Key: key }),
      { abortSignal: signal }
    );
    return answer.DeleteMarker === true;
  } catch (error) {
    throwIfCancelled(signal, subject, error);
    throw toAwsError(error, { action: 's3:DeleteObject', subject });
  }
}

function resultView(plan: CleanUpPlan, result: CleanUpResult): View {
  const { deletedModel, deletedObjects, deletedBytes, changed, keepsVersions } = result;
  return stack(
    heading('Deleted'),
    keyValues([
      ['Imported model', deletedModel ?? 'none was there'],
      ['Objects', `${counted(deletedObjects, 'object')}, ${formatBytes(deletedBytes)}`],
      ['From', formatS3Uri(plan.destination)]
    ]),
    changed.length > 0 &&
      note(`Stays, because it has changed meanwhile: ${changed.join(', ')}`, { tone: 'warning' }),
    keepsVersions &&
      note(
        'The bucket has versioning on: earlier versions are kept and billed until they are deleted, too.',
        { tone: 'warning' }
      )
  );
}
