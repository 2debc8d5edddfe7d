import type { S3Client } from '@aws-sdk/client-s3';
import { BedrockImportError } from '../errors';
import { describeObject, HEADS_AT_ONCE, listDestination, mapInParallel } from './destination';
import { MANIFEST_NAME } from './manifest';
import { readByBedrock } from './planChecks';
import type { CopyPlan } from './types';

/**
 * Looks again at the destination just before anything is written: between the plan and the consent to it
 * may lie hours. What the plan leaves in place must be unchanged, and what has appeared since must be
 * our own, from an earlier run of this plan.
 *
 * @throws BedrockImportError `DESTINATION_CHANGED`
 */
export async function requireUnchanged(
  s3: S3Client,
  plan: CopyPlan,
  signal: AbortSignal
): Promise<void> {
  const { destination, source } = plan;
  const objects = await listDestination(s3, destination, signal);
  for (const { key, proof } of plan.files) {
    if (proof !== undefined && objects.get(key)?.etag !== proof.etag) {
      throw changed(plan, key, 'is no longer the object that was proved');
    }
  }
  const expected = new Set([
    destination.prefix + MANIFEST_NAME,
    ...plan.conflicts.map(({ key }) => key),
    ...plan.files.flatMap(({ key, proof }) => (proof === undefined ? [] : [key]))
  ]);
  const planned = new Map(plan.files.map(file => [file.key, file]));
  const appeared = [...objects.values()].filter(({ key }) => !expected.has(key));
  await mapInParallel(appeared, HEADS_AT_ONCE, async listed => {
    const file = planned.get(listed.key);
    if (file === undefined) {
      if (readByBedrock(listed.key)) {
        throw changed(plan, listed.key, 'has appeared, and Bedrock would mix it into the model');
      }
      return;
    }
    const found = await describeObject(s3, destination.bucket, listed, signal);
    // The same file of another model is proved by its bytes, whoever of us brought it.
    const ours = file.action === 'prove' ? '' : `${encodeURI(source.modelId)}@`;
    if (found !== undefined && found.source?.startsWith(ours) !== true) {
      throw changed(plan, listed.key, 'has appeared, written by somebody else');
    }
  });
}

function changed(plan: CopyPlan, key: string, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'DESTINATION_CHANGED',
    message: `The destination has changed since it was looked at: ${key} ${what}.`,
    subject: `s3://${plan.destination.bucket}/${plan.destination.prefix}`,
    nextStep: 'Run the command again: it looks at the destination anew. Nothing was sent.',
    kind: 'blocked'
  });
}
