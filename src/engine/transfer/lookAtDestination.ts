import { compareObject, EarlierCopy, skipped } from './alreadyThere';
import { describeObject, HEADS_AT_ONCE, listDestination, mapInParallel } from './destination';
import type { ListedObject } from './destination';
import { hashLocalFile, resolveFolder } from './folder';
import { readManifest } from './manifest';
import type { PlanSource } from './planSource';
import type { PlanConflict, PlannedFile, S3Destination, TransferContext } from './types';

export interface LookOptions {
  /** While files of a folder are read, to compare them with what is at the destination. */
  onRead?: (progress: { path: string; readBytes: number; totalBytes: number }) => void;
  signal?: AbortSignal;
}

/** What each file needs, given what is at the destination now. */
export interface LookedAt {
  files: PlannedFile[];
  /** Objects that would be overwritten. */
  conflicts: PlanConflict[];
  /** All objects under the prefix, by key. */
  objects: ReadonlyMap<string, ListedObject>;
  /** Paths of files of a folder that were read for their hash. */
  read: ReadonlySet<string>;
}

/** Files of a folder that are hashed at the same time: more of them only move the disk's head. */
const HASHES_AT_ONCE = 2;

/** A file whose key may be taken, and what is known of the object. */
interface Looked {
  planned: PlannedFile;
  /** S3's own SHA-256 of the object, or that of the manifest that vouches for it. */
  sha256?: string;
  settle: (file: PlannedFile) => PlannedFile;
}

/**
 * Decides for each file whether it has to go. Reads only those files of a folder that may be there
 * already, for their hash. A file that has a proof keeps it when the object is the one it is of.
 *
 * @throws BedrockImportError `DESTINATION_TOO_FULL`, `FILE_CHANGED` and those of `toAwsError`.
 */
export async function lookAtDestination(
  context: TransferContext,
  wanted: { source: PlanSource; destination: S3Destination; files: readonly PlannedFile[] },
  options: LookOptions = {}
): Promise<LookedAt> {
  const { source, destination } = wanted;
  const { signal } = options;
  const { s3 } = context.aws;
  const [objects, manifest] = await Promise.all([
    listDestination(s3, destination, signal),
    readManifest(s3, destination, signal)
  ]);
  const earlier = new EarlierCopy(manifest);
  const conflicts: PlanConflict[] = [];
  const looked = await mapInParallel(wanted.files, HEADS_AT_ONCE, async (file): Promise<Looked> => {
    const planned = asPlannedFirst(file);
    const listed = objects.get(file.key);
    if (listed === undefined) {
      return { planned, settle: as => as };
    }
    if (file.proof !== undefined && file.proof.etag === listed.etag) {
      return { planned, settle: () => file };
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
  return { files, conflicts, objects, read: new Set(read.keys()) };
}

/** As if nothing were there. */
function asPlannedFirst(file: PlannedFile): PlannedFile {
  const { proof: _, ...rest } = file;
  return { ...rest, action: file.content === undefined ? 'copy' : 'write' };
}

/** SHA-256 of a folder's files by path, of those alone that an object could be a copy of. */
async function hashWhatMayBeThere(
  source: PlanSource,
  looked: readonly Looked[],
  options: LookOptions
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const candidates = looked.filter(
    ({ planned, sha256 }) => sha256 !== undefined && planned.sha256 === undefined
  );
  if (source.kind !== 'folder' || candidates.length === 0) {
    return hashes;
  }
  const roots = await resolveFolder(source.path);
  const totalBytes = candidates.reduce((sum, { planned }) => sum + planned.sizeBytes, 0);
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
