import { describeBucket } from '../aws';
import { replaceChatTemplate } from '../chatTemplate';
import type { ModelInspection, ModelListing } from '../model';
import { keepsOldVersions } from './destination';
import { lookAtDestination } from './lookAtDestination';
import type { LookOptions } from './lookAtDestination';
import {
  destinationChecks,
  keyChecks,
  localReadChecks,
  requireOtherPlace,
  unexpectedObjects,
  versionChecks
} from './planChecks';
import type { HubSource, PlanSource } from './planSource';
import type { CopyPlan, S3Destination, TransferContext } from './types';
import { planFile, wantedFiles } from './wantedFiles';

export interface PlanCopyOptions extends LookOptions {
  inspection: ModelInspection;
  /** Where the files are, as `openCopySource` says. @default the hub, at the inspection's commit */
  source?: PlanSource;
  destination: S3Destination;
  /** Replaces the model's own chat template in every place that counts. */
  chatTemplate?: string;
  /** Twelve digits; the bucket must then belong to this account. */
  account?: string;
}

/**
 * Says what a copy will do, as plain data, and changes nothing: which files go, which are there already
 * and proved, which objects would be overwritten. Reads only those files of a folder that may be there
 * already, for their hash.
 *
 * @throws BedrockImportError `BUCKET_NOT_FOUND`, `BUCKET_OTHER_REGION`, `BUCKET_ACCESS_DENIED`,
 *   `DESTINATION_TOO_FULL`, `SAME_PLACE`, `FILE_CHANGED` and those of `toAwsError`.
 */
export async function planCopy(
  context: TransferContext,
  options: PlanCopyOptions
): Promise<CopyPlan> {
  const { inspection, destination, signal } = options;
  const source = options.source ?? hubSourceOf(context, inspection.model);
  requireOtherPlace(source, destination);
  const { region } = await describeBucket(context.aws, destination.bucket, {
    account: options.account,
    signal
  });
  const rewrites =
    options.chatTemplate === undefined
      ? []
      : replaceChatTemplate(inspection.texts, options.chatTemplate);
  const { wanted, leftOut } = wantedFiles(inspection, rewrites);
  const planned = wanted.map(file => planFile(source, file, destination.prefix + file.path));
  const [looked, keepsVersions] = await Promise.all([
    lookAtDestination(context, { source, destination, files: planned }, options),
    keepsOldVersions(context.aws.s3, destination.bucket, signal)
  ]);
  const { files, objects } = looked;
  const conflicts = [...looked.conflicts, ...unexpectedObjects(objects, files, destination)];
  return {
    version: 1,
    source,
    destination: { ...destination, region },
    files,
    leftOut,
    rewrites,
    totalBytes: sum(files),
    bytesToMove: sum(files.filter(({ action }) => action === 'copy' || action === 'write')),
    alreadyThere: files.filter(({ action }) => action === 'skip').length,
    conflicts,
    checks: [
      ...keyChecks(files),
      ...versionChecks(files, keepsVersions, source),
      ...localReadChecks(files.filter(({ path }) => looked.read.has(path))),
      ...destinationChecks(conflicts, destination)
    ]
  };
}

function hubSourceOf(context: TransferContext, model: ModelListing): HubSource {
  if (model.commitSha === undefined) {
    throw new TypeError('A model that is not on the hub is planned with the source it is in.');
  }
  return {
    kind: 'hub',
    endpoint: context.hub.endpoint,
    modelId: model.id,
    commitSha: model.commitSha
  };
}

function sum(files: readonly { sizeBytes: number }[]): number {
  return files.reduce((total, file) => total + file.sizeBytes, 0);
}
