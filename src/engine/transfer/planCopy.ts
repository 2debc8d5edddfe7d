import { describeBucket } from '../aws';
import { replaceChatTemplate } from '../chatTemplate';
import type { ModelInspection, ModelListing } from '../model';
import { compareObject, EarlierCopy, skipped } from './alreadyThere';
import {
  describeObject,
  HEADS_AT_ONCE,
  keepsOldVersions,
  listObjects,
  mapInParallel
} from './destination';
import { hashLocalFile, resolveFolder } from './folder';
import { readManifest } from './manifest';
import {
  destinationChecks,
  keyChecks,
  localReadChecks,
  requireOtherPlace,
  unexpectedObjects,
  versionChecks
} from './planChecks';
import type { HubSource, PlanSource } from './planSource';
import type {
  CopyPlan,
  FileProof,
  PlanConflict,
  PlannedFile,
  S3Destination,
  TransferContext
} from './types';
import { planFile, wantedFiles } from './wantedFiles';

export interface PlanCopyOptions {
  inspection: ModelInspection;
  /** Where the files are, as `openCopySource` says. @default the hub, at the inspection's commit */
  source?: PlanSource;
  destination: S3Destination;
  /** Replaces the model's own chat template in every place that counts. */
  chatTemplate?: string;
  /** Twelve digits; the bucket must then belong to this account. */
  account?: string;
  /** While files of a folder are read, to compare them with what is at the destination. */
  onRead?: (progress: { path: string; readBytes: number; totalBytes: number }) => void;
  signal?: AbortSignal;
}

/** Files of a folder that are hashed at the same time: more of them only move the disk's head. */
const HASHES_AT_ONCE = 2;

/** A file whose key is taken, and what is known of the object. */
interface Taken {
  planned: PlannedFile;
  proof?: FileProof;
  /** S3's own SHA-256 of the object, or that of the manifest that vouches for it. */
  sha256?: string;
  settle: (file: PlannedFile) => PlannedFile;
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
  const { s3 } = context.aws;
  const { region } = await describeBucket(context.aws, destination.bucket, {
    account: options.account,
    signal
  });
  const rewrites =
    options.chatTemplate === undefined
      ? []
      : replaceChatTemplate(inspection.texts, options.chatTemplate);
  const { wanted, leftOut } = wantedFiles(inspection, rewrites);
  const [objects, manifest, keepsVersions] = await Promise.all([
    listObjects(s3, destination, signal),
    readManifest(s3, destination, signal),
    keepsOldVersions(s3, destination.bucket, signal)
  ]);
  const earlier = new EarlierCopy(manifest);
  const conflicts: PlanConflict[] = [];
  const looked = await mapInParallel(wanted, HEADS_AT_ONCE, async (file): Promise<Taken> => {
    const key = destination.prefix + file.path;
    const planned = planFile(source, file, key);
    const listed = objects.get(key);
    if (listed === undefined) {
      return { planned, settle: as => as };
    }
    const proof = earlier.of(listed, file.content !== undefined);
    const keep = (as: PlannedFile): PlannedFile | undefined =>
      proof !== undefined && earlier.holds(source, as, proof)
        ? skipped(as, { ...proof, provedBy: 'earlier-manifest' })
        : undefined;
    const kept = keep(planned);
    if (kept !== undefined) {
      return { planned, settle: () => kept };
    }
    const found = await describeObject(s3, destination.bucket, listed, signal);
    return {
      planned,
      sha256: listed.sizeBytes === file.sizeBytes ? (proof?.sha256 ?? found?.sha256) : undefined,
      settle: as =>
        keep(as) ?? (found === undefined ? as : compareObject(source, as, found, conflicts))
    };
  });
  const read = await hashWhatMayBeThere(source, looked, options);
  const files = looked.map(({ planned, settle }) => {
    const sha256 = read.get(planned.path);
    return settle(sha256 === undefined ? planned : { ...planned, sha256 });
  });
  conflicts.push(...unexpectedObjects(objects, files, destination));
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
      ...localReadChecks(files.filter(({ path }) => read.has(path))),
      ...destinationChecks(conflicts, destination)
    ]
  };
}

/** SHA-256 of a folder's files by path, of those alone that an object could be a copy of. */
async function hashWhatMayBeThere(
  source: PlanSource,
  looked: readonly Taken[],
  options: PlanCopyOptions
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  if (source.kind !== 'folder') {
    return hashes;
  }
  const candidates = looked.filter(
    ({ planned, sha256 }) => sha256 !== undefined && planned.sha256 === undefined
  );
  if (candidates.length === 0) {
    return hashes;
  }
  const roots = await resolveFolder(source.path);
  const totalBytes = sum(candidates.map(({ planned }) => planned));
  let readBytes = 0;
  await mapInParallel(candidates, HASHES_AT_ONCE, async ({ planned }) => {
    const hash = await hashLocalFile(roots, planned, {
      signal: options.signal,
      onBytes: count => {
        readBytes += count;
        options.onRead?.({ path: planned.path, readBytes, totalBytes });
      }
    });
    hashes.set(planned.path, hash);
  });
  return hashes;
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
