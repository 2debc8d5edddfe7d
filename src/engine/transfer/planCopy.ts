import { createHash } from 'node:crypto';
import { describeBucket } from '../aws';
import { replaceChatTemplate } from '../chatTemplate';
import type { FileRewrite } from '../chatTemplate';
import type { LeftOutFile, ModelFile, ModelInspection, ModelListing } from '../model';
import {
  describeObject,
  HEADS_AT_ONCE,
  keepsOldVersions,
  listDestination,
  mapInParallel
} from './destination';
import type { DescribedObject, ListedObject } from './destination';
import { readManifest } from './manifest';
import { layOutParts } from './partSize';
import { sourceLabel } from './planSource';
import type { HubSource, PlanSource } from './planSource';
import { destinationChecks, keyChecks, unexpectedObjects, versionChecks } from './planChecks';
import type {
  CopyPlan,
  FileProof,
  PlanConflict,
  PlannedFile,
  S3Destination,
  TransferContext
} from './types';

export interface PlanCopyOptions {
  inspection: ModelInspection;
  /** Where the files are, as `openCopySource` says. @default the hub, at the inspection's commit */
  source?: PlanSource;
  destination: S3Destination;
  /** Replaces the model's own chat template in every place that counts. */
  chatTemplate?: string;
  /** Twelve digits; the bucket must then belong to this account. */
  account?: string;
  signal?: AbortSignal;
}

/** A file as it shall be at the destination. */
interface WantedFile extends ModelFile {
  content?: string;
}

/**
 * Says what a copy will do, as plain data, and changes nothing: which files go, which are there already
 * and proved, which objects would be overwritten.
 *
 * @throws BedrockImportError `BUCKET_NOT_FOUND`, `BUCKET_OTHER_REGION`, `BUCKET_ACCESS_DENIED`,
 *   `DESTINATION_TOO_FULL` and those of `toAwsError`.
 */
export async function planCopy(
  context: TransferContext,
  options: PlanCopyOptions
): Promise<CopyPlan> {
  const { inspection, destination, signal } = options;
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
    listDestination(context.aws.s3, destination, signal),
    readManifest(context.aws.s3, destination, signal),
    keepsOldVersions(context.aws.s3, destination.bucket, signal)
  ]);
  const earlier = new Map(manifest?.files.map(proof => [proof.key, proof]));
  const source = options.source ?? hubSourceOf(context, inspection.model);
  const label = sourceLabel(source);
  const conflicts: PlanConflict[] = [];
  const files = await mapInParallel(wanted, HEADS_AT_ONCE, async file => {
    const key = destination.prefix + file.path;
    const planned = planFile(file, key);
    const listed = objects.get(key);
    if (listed === undefined) {
      return planned;
    }
    const proof = provedByManifest(file, listed, earlier.get(key));
    if (proof !== undefined) {
      return { ...planned, action: 'skip' as const, proof };
    }
    const found = await describeObject(context.aws.s3, destination.bucket, listed, signal);
    return found === undefined ? planned : compareWithObject(file, planned, found, label, conflicts);
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
      ...versionChecks(files, keepsVersions),
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

function wantedFiles(
  inspection: ModelInspection,
  rewrites: readonly FileRewrite[]
): { wanted: WantedFile[]; leftOut: LeftOutFile[] } {
  const byPath = new Map(rewrites.map(rewrite => [rewrite.path, rewrite]));
  const leftOut = [...inspection.selection.leftOut];
  const wanted: WantedFile[] = [];
  const writeText = (path: string, content: string): void => {
    const bytes = Buffer.from(content, 'utf8');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    wanted.push({ path, sizeBytes: bytes.length, sha256, content });
  };
  for (const file of inspection.selection.taken) {
    const rewrite = byPath.get(file.path);
    byPath.delete(file.path);
    if (rewrite === undefined) {
      wanted.push(fromListing(file));
    } else if (rewrite.after === undefined) {
      leftOut.push({ path: file.path, sizeBytes: file.sizeBytes, reason: rewrite.summary });
    } else {
      writeText(file.path, rewrite.after);
    }
  }
  for (const rewrite of byPath.values()) {
    if (rewrite.after !== undefined) {
      writeText(rewrite.path, rewrite.after);
    }
  }
  return { wanted, leftOut };
}

function fromListing(file: ModelFile): WantedFile {
  const { gitOid, ...facts } = file;
  return file.sha256 === undefined && gitOid !== undefined ? { ...facts, gitOid } : facts;
}

function planFile(file: WantedFile, key: string): PlannedFile {
  return {
    ...file,
    key,
    action: file.content === undefined ? 'copy' : 'write',
    ...layOutParts(file.sizeBytes)
  };
}

/** An object whose ETag is the one it had when it was proved has not been written since. */
export function provedByManifest(
  file: WantedFile,
  listed: ListedObject,
  earlier: FileProof | undefined
): FileProof | undefined {
  if (
    earlier === undefined ||
    earlier.etag === '' ||
    earlier.etag !== listed.etag ||
    earlier.sizeBytes !== listed.sizeBytes ||
    earlier.sizeBytes !== file.sizeBytes ||
    earlier.rewritten !== (file.content !== undefined)
  ) {
    return undefined;
  }
  const same =
    file.sha256 === undefined ? earlier.gitOid === file.gitOid : earlier.sha256 === file.sha256;
  return same
    ? {
        path: file.path,
        key: listed.key,
        sizeBytes: file.sizeBytes,
        sha256: earlier.sha256,
        ...(file.gitOid === undefined ? {} : { gitOid: file.gitOid }),
        provedBy: 'earlier-manifest',
        etag: listed.etag,
        rewritten: earlier.rewritten
      }
    : undefined;
}

/** What is to be done about an object that no manifest speaks for. */
export function compareWithObject(
  file: WantedFile,
  planned: PlannedFile,
  found: DescribedObject,
  source: string,
  conflicts: PlanConflict[]
): PlannedFile {
  const sameSize = found.sizeBytes === file.sizeBytes;
  if (sameSize && file.sha256 !== undefined && found.sha256 === file.sha256) {
    return {
      ...planned,
      action: 'skip',
      proof: {
        path: file.path,
        key: found.key,
        sizeBytes: found.sizeBytes,
        sha256: found.sha256,
        provedBy: 's3-stored-checksum',
        etag: found.etag,
        rewritten: file.content !== undefined
      }
    };
  }
  // The git hash in the metadata says what was meant to be there, the bytes say what is: they are read.
  const sameGitFile = sameSize && file.gitOid !== undefined && found.gitOid === file.gitOid;
  if (sameGitFile || found.source === source) {
    // Sent whole by a run that ended before the proof or the manifest.
    return sameGitFile || (sameSize && found.sha256 === undefined && file.content === undefined)
      ? { ...planned, action: 'prove' }
      : planned;
  }
  conflicts.push({
    key: found.key,
    sizeBytes: found.sizeBytes,
    kind: 'would-overwrite',
    why:
      found.source === undefined
        ? 'an object that this tool did not write, with other or unproved content'
        : `copied earlier from ${found.source}`
  });
  return planned;
}
