import { compareObject, EarlierCopy, skipped } from './alreadyThere';
import { describeObject, HEADS_AT_ONCE, listDestination, mapInParallel } from './destination';
import type { DescribedObject, ListedObject } from './destination';
import { hashLocalFile, resolveFolder } from './folder';
import { readManifest } from './manifest';
import type { PlanSource } from './planSource';
import type { FileProof, PlanConflict, PlannedFile, S3Destination, TransferContext } from './types';

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

/** Files of a folder that are hashed at the same time; of large ones few, which keep a disk busy. */
const HASHES_AT_ONCE = { small: 8, large: 2 };
const LARGE_BYTES = 16 * 2 ** 20;

/** A file whose key may be taken, and what is known of the object. */
interface Looked {
  planned: PlannedFile;
  /** Decided already. */
  settled?: PlannedFile;
  listed?: ListedObject;
  /** From the manifest that vouches for the object. */
  proof?: FileProof;
  found?: DescribedObject;
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
  const describe = async (listed: ListedObject): Promise<DescribedObject | undefined> =>
    describeObject(s3, destination.bucket, listed, signal);
  const keep = (file: PlannedFile, proof: FileProof | undefined): PlannedFile | undefined =>
    proof !== undefined && earlier.holds(source, file, proof)
      ? skipped(file, { ...proof, provedBy: 'earlier-manifest' })
      : undefined;
  const looked = await mapInParallel(wanted.files, HEADS_AT_ONCE, async (file): Promise<Looked> => {
    const planned = asPlannedFirst(file);
    const listed = objects.get(file.key);
    if (listed === undefined) {
      return { planned, settled: planned };
    }
    if (file.proof !== undefined && file.proof.etag === listed.etag) {
      return { planned, settled: file };
    }
    const proof = earlier.of(listed, file.content !== undefined);
    const settled = keep(planned, proof);
    // The hash of a folder's file may make it unnecessary to ask for the object.
    const later = settled !== undefined || (proof !== undefined && isUnhashed(source, planned));
    return { planned, settled, listed, proof, found: later ? undefined : await describe(listed) };
  });
  const read = await hashWhatMayBeThere(source, looked, options);
  const conflicts = new Map<PlannedFile, PlanConflict>();
  const files = await mapInParallel(looked, HEADS_AT_ONCE, async one => {
    const { listed, proof, settled } = one;
    if (settled !== undefined || listed === undefined) {
      return settled ?? one.planned;
    }
    const sha256 = read.get(one.planned.path);
    const planned = sha256 === undefined ? one.planned : { ...one.planned, sha256 };
    const kept = keep(planned, proof);
    const found = kept === undefined ? (one.found ?? (await describe(listed))) : undefined;
    if (found === undefined) {
      return kept ?? planned;
    }
    const compared = compareObject(source, planned, found, proof !== undefined);
    if (compared.conflict !== undefined) {
      conflicts.set(compared.file, compared.conflict);
    }
    return compared.file;
  });
  return {
    files,
    conflicts: files.flatMap(file => conflicts.get(file) ?? []),
    objects,
    read: new Set(read.keys())
  };
}

function isUnhashed(source: PlanSource, file: PlannedFile): boolean {
  return source.kind === 'folder' && file.sha256 === undefined;
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
    ({ planned, settled, listed, proof, found }) =>
      settled === undefined &&
      isUnhashed(source, planned) &&
      listed?.sizeBytes === planned.sizeBytes &&
      (proof ?? found)?.sha256 !== undefined
  );
  if (candidates.length === 0 || source.kind !== 'folder') {
    return hashes;
  }
  const roots = await resolveFolder(source.path);
  const totalBytes = candidates.reduce((sum, { planned }) => sum + planned.sizeBytes, 0);
  let readBytes = 0;
  const hash = async ({ planned }: Looked): Promise<void> => {
    const sha256 = await hashLocalFile(roots, planned, {
      signal: options.signal,
      onBytes: count => {
        readBytes += count;
        options.onRead?.({ path: planned.path, readBytes, totalBytes });
      }
    });
    hashes.set(planned.path, sha256);
  };
  const isLarge = ({ planned }: Looked): boolean => planned.sizeBytes > LARGE_BYTES;
  await mapInParallel(
    candidates.filter(one => !isLarge(one)),
    HASHES_AT_ONCE.small,
    hash
  );
  await mapInParallel(candidates.filter(isLarge), HASHES_AT_ONCE.large, hash);
  return hashes;
}
