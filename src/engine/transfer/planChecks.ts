import type { Check } from '../checks';
import { formatBytes } from '../disk';
import { BedrockImportError } from '../errors';
import type { ListedObject } from './destination';
import { MANIFEST_NAME } from './manifest';
import type { PlanSource } from './planSource';
import type { CopyPlan, PlanConflict, PlannedFile, S3Destination } from './types';

/** Longest object key in UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;

/** Whether every file can have its key. */
export function keyChecks(files: readonly PlannedFile[]): Check[] {
  const long = files.filter(({ key }) => Buffer.byteLength(key, 'utf8') > MAX_KEY_BYTES);
  return long.length === 0
    ? []
    : [
        {
          id: 'key-length',
          verdict: 'blocker',
          found: `${long.length} files would get keys longer than ${MAX_KEY_BYTES} bytes, such as ${long[0]?.path.slice(0, 80) ?? ''}…`,
          why: 'S3 takes no longer keys.',
          source: 'Amazon S3 User Guide, "Naming Amazon S3 objects"',
          nextStep: 'Choose a shorter prefix.'
        }
      ];
}

/** A bucket with versions keeps what the proof of a file in parts replaces. */
export function versionChecks(
  files: readonly PlannedFile[],
  keepsVersions: boolean,
  source: PlanSource
): Check[] {
  const inParts = files.filter(
    ({ action, method }) =>
      // What is copied inside S3 is not copied onto itself for its proof.
      source.kind !== 's3' && method === 'multipart' && (action === 'copy' || action === 'prove')
  );
  return !keepsVersions || inParts.length === 0
    ? []
    : [
        {
          id: 'bucket-versioning',
          verdict: 'warning',
          found: `The bucket keeps old versions of objects; ${inParts.length} large files will be stored twice.`,
          why: 'S3 computes the proof of a file sent in parts while it copies it onto itself, and a bucket with versioning keeps the object from before.',
          source:
            'Amazon S3 User Guide, "Retaining multiple versions of objects with S3 Versioning"',
          nextStep:
            'Use a bucket without versioning, or one with a lifecycle rule that ends noncurrent versions.'
        }
      ];
}

/** Says what planning has read, because it may have taken minutes. */
export function localReadChecks(read: readonly PlannedFile[]): Check[] {
  const bytes = read.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  return read.length === 0
    ? []
    : [
        {
          id: 'local-files-read',
          verdict: 'ok',
          found: `${read.length} files (${formatBytes(bytes)}) were read and compared with what is in S3.`,
          why: 'Size and time do not prove that an object is this file; its SHA-256 does.'
        }
      ];
}

/**
 * Refuses to copy objects onto themselves or into the folder that holds theirs.
 *
 * @throws BedrockImportError `SAME_PLACE` (usage)
 */
export function requireOtherPlace(source: PlanSource, destination: S3Destination): void {
  if (
    source.kind === 's3' &&
    source.bucket === destination.bucket &&
    source.prefix.startsWith(destination.prefix)
  ) {
    throw new BedrockImportError({
      code: 'SAME_PLACE',
      message:
        source.prefix === destination.prefix
          ? 'Source and destination are the same prefix.'
          : 'The source lies under the destination’s prefix, so the copy would mix with it.',
      subject: `s3://${destination.bucket}/${destination.prefix}`,
      nextStep: 'Choose a destination with a prefix of its own.',
      kind: 'usage'
    });
  }
}

/** What lies under the prefix and is not a part of the plan. */
export function unexpectedObjects(
  objects: ReadonlyMap<string, ListedObject>,
  files: readonly PlannedFile[],
  destination: S3Destination
): PlanConflict[] {
  const planned = new Set(files.map(({ key }) => key));
  planned.add(destination.prefix + MANIFEST_NAME);
  return [...objects.values()]
    .filter(({ key }) => !planned.has(key))
    .map(({ key, sizeBytes }) => ({
      key,
      sizeBytes,
      kind: 'unexpected' as const,
      why: 'is under the prefix but not a part of this model'
    }));
}

/** A second model's weights or template under one prefix would be read as a part of this one. */
const READ_BY_BEDROCK =
  /\.(safetensors|safetensors\.index\.json|jinja)$|(^|\/)[^/]*(config|tokenizer|template)[^/]*\.(json|model)$/;

/** Whether an import would take an object of this name for a part of the model. */
export function readByBedrock(key: string): boolean {
  return READ_BY_BEDROCK.test(key);
}

/** Whether anything of somebody else's would be replaced or mixed into the model. */
export function destinationChecks(
  conflicts: readonly PlanConflict[],
  destination: S3Destination
): Check[] {
  const where = `s3://${destination.bucket}/${destination.prefix}`;
  const list = (some: readonly PlanConflict[]): string =>
    some
      .slice(0, 5)
      .map(({ key }) => key.slice(destination.prefix.length))
      .join(', ') + (some.length > 5 ? ` and ${some.length - 5} more` : '');
  const overwritten = conflicts.filter(({ kind }) => kind === 'would-overwrite');
  const unexpected = conflicts.filter(({ kind }) => kind === 'unexpected');
  const mixed = unexpected.filter(({ key }) => readByBedrock(key));
  const checks: Check[] = [];
  if (overwritten.length > 0) {
    checks.push({
      id: 'destination-overwrite',
      verdict: 'warning',
      found: `${overwritten.length} objects under ${where} would be replaced: ${list(overwritten)}`,
      why: 'They were not written by a copy of this model at this commit, so somebody may need them.',
      nextStep: 'Choose another prefix, or allow the overwriting.'
    });
  }
  if (unexpected.length > 0) {
    checks.push({
      id: 'destination-other-files',
      verdict: mixed.length > 0 ? 'blocker' : 'warning',
      found: `${unexpected.length} objects under ${where} are not a part of this model: ${list(unexpected)}`,
      why:
        mixed.length > 0
          ? 'Bedrock reads all model files under the prefix, so it would mix two models.'
          : 'They stay where they are; Bedrock does not need them.',
      nextStep: 'Choose an empty prefix for each model, or delete those objects first.'
    });
  }
  if (checks.length === 0) {
    checks.push({
      id: 'destination-clean',
      verdict: 'ok',
      found: `${where} holds nothing else`,
      why: 'Bedrock reads all model files under the prefix.'
    });
  }
  return checks;
}

/**
 * Refuses a plan that must not be carried out as it is.
 *
 * @throws BedrockImportError `DESTINATION_UNUSABLE`, `OVERWRITE_REFUSED`, both of kind `blocked`.
 */
export function requireExecutable(plan: CopyPlan, allowOverwrite: boolean): void {
  const where = `s3://${plan.destination.bucket}/${plan.destination.prefix}`;
  const blocker = plan.checks.find(({ verdict }) => verdict === 'blocker');
  if (blocker !== undefined) {
    throw new BedrockImportError({
      code: 'DESTINATION_UNUSABLE',
      message: `${blocker.found}. ${blocker.why}`,
      subject: where,
      nextStep: blocker.nextStep ?? 'Choose another prefix.',
      kind: 'blocked'
    });
  }
  const overwritten = plan.conflicts.filter(({ kind }) => kind === 'would-overwrite');
  if (overwritten.length > 0 && !allowOverwrite) {
    throw new BedrockImportError({
      code: 'OVERWRITE_REFUSED',
      message: `The copy would replace ${overwritten.length} objects that it did not write, such as ${overwritten[0]?.key ?? ''}.`,
      subject: where,
      nextStep:
        'Choose another prefix, or agree to replace exactly those objects (in a terminal: --overwrite).',
      kind: 'blocked'
    });
  }
}
