import { createHash } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { describeBucket } from '../../aws';
import type { Check } from '../../checks';
import { selectImportFiles } from '../../model';
import type { LeftOutFile, ModelFile, ModelFiles } from '../../model';
import { askS3, isRefusal } from '../askS3';
import { HEADS_AT_ONCE, listObjects, mapInParallel } from '../destination';
import type { ListedObject } from '../destination';
import { readManifest } from '../manifest';
import type { Manifest } from '../manifest';
import { modelName } from '../modelName';
import type { S3Source } from '../planSource';
import type { TransferContext } from '../types';
import { readChecksums } from './objectChecksums';
import { objectTooLarge, sourceChanged, sourceEmpty, sourceTooFull } from './s3SourceErrors';

const DEFAULT_LARGEST_BYTES = 64 * 2 ** 20;
/** Storage classes that have to be restored before anything can be read or copied. */
const ARCHIVED: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * Lists the objects under a prefix as a model, in any Region. Their SHA-256 is known where the manifest of
 * our own copy vouches for this version of an object, or where S3 holds one of the whole object.
 *
 * @throws BedrockImportError `S3_SOURCE_EMPTY`, `S3_SOURCE_TOO_FULL`, `BUCKET_NOT_FOUND`,
 *   `BUCKET_ACCESS_DENIED`, `SOURCE_CHANGED` and those of `toAwsError`
 */
export async function openS3Source(
  context: Pick<TransferContext, 'aws'>,
  place: { bucket: string; prefix: string },
  options: { signal?: AbortSignal } = {}
): Promise<{ source: S3Source; files: ModelFiles }> {
  const { bucket, prefix } = place;
  const { signal } = options;
  const { region } = await describeBucket(context.aws, bucket, { anyRegion: true, signal });
  const s3 = context.aws.s3In(region);
  const [objects, manifest] = await Promise.all([
    listObjects(s3, place, signal, sourceTooFull),
    readManifest(s3, place, signal)
  ]);
  if (objects.size === 0) {
    throw sourceEmpty(bucket, prefix);
  }
  const listing = asFiles([...objects.values()], prefix);
  const taken = selectImportFiles(listing.files).taken;
  const archived = taken.filter(({ path }) =>
    ARCHIVED.has(objects.get(prefix + path)?.storageClass ?? '')
  );
  await learnHashes(s3, place, taken, { manifest, archived, signal });
  const modelId = nameOf(manifest, place);
  return {
    source: { kind: 's3', bucket, prefix, region, modelId, fingerprint: fingerprintOf(taken) },
    files: {
      model: { id: modelId, ...listing, checks: archiveChecks(archived) },
      readFile: (path, { maxBytes = DEFAULT_LARGEST_BYTES, signal: stop } = {}) =>
        readWhole(s3, place, listing.files, path, { maxBytes, signal: stop })
    }
  };
}

function asFiles(
  objects: readonly ListedObject[],
  prefix: string
): { files: ModelFile[]; leftOut: LeftOutFile[] } {
  const files: ModelFile[] = [];
  const leftOut: LeftOutFile[] = [];
  for (const { key, sizeBytes, etag } of objects) {
    const path = key.slice(prefix.length);
    if (path.split('/').some(part => part === '' || part === '.' || part === '..')) {
      leftOut.push({ path, sizeBytes, reason: 'its key is no path of a file' });
    } else if (path.split('/').some((part, i, all) => i < all.length - 1 && part.startsWith('.'))) {
      leftOut.push({ path, sizeBytes, reason: 'in a hidden folder' });
    } else {
      files.push({ path, sizeBytes, sourceEtag: etag });
    }
  }
  return { files, leftOut };
}

/** Sets `sha256` of those files of which somebody has said it. */
async function learnHashes(
  s3: S3Client,
  place: { bucket: string; prefix: string },
  files: readonly ModelFile[],
  known: { manifest?: Manifest; archived: readonly ModelFile[]; signal?: AbortSignal }
): Promise<void> {
  const proofs = new Map(known.manifest?.files.map(proof => [proof.path, proof]));
  await mapInParallel(files, HEADS_AT_ONCE, async file => {
    const proof = proofs.get(file.path);
    if (
      proof !== undefined &&
      proof.etag === file.sourceEtag &&
      proof.etag !== '' &&
      proof.sizeBytes === file.sizeBytes
    ) {
      file.sha256 = proof.sha256;
      return;
    }
    const { sha256 } = await readChecksums(
      s3,
      { bucket: place.bucket, key: place.prefix + file.path, etag: file.sourceEtag ?? '' },
      known.signal
    );
    if (sha256 !== undefined) {
      file.sha256 = sha256;
    }
  });
}

/** As the copy that brought it here called it, or after the last part of the prefix. */
function nameOf(
  manifest: Manifest | undefined,
  { bucket, prefix }: { bucket: string; prefix: string }
): string {
  const stated = manifest?.source.modelId;
  // Anyone who may write to the bucket has written it, and it goes into headers.
  if (stated !== undefined && /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/.test(stated)) {
    return stated;
  }
  return modelName(prefix.split('/').filter(Boolean).at(-1) ?? bucket);
}

function fingerprintOf(files: readonly ModelFile[]): string {
  const facts = files
    .map(({ path, sizeBytes, sourceEtag }) => [path, sizeBytes, sourceEtag])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function archiveChecks(archived: readonly ModelFile[]): Check[] {
  return archived.length === 0
    ? []
    : [
        {
          id: 's3-objects-readable',
          verdict: 'blocker',
          found: `${archived.length} objects are in an archive storage class: ${archived
            .slice(0, 5)
            .map(({ path }) => path)
            .join(', ')}.`,
          why: 'S3 neither reads nor copies such an object before it is restored.',
          source: 'Amazon S3 User Guide, "Working with archived objects"',
          nextStep: 'Restore them (aws s3api restore-object) and copy them to the class STANDARD.'
        }
      ];
}

async function readWhole(
  s3: S3Client,
  place: { bucket: string; prefix: string },
  files: readonly ModelFile[],
  path: string,
  options: { maxBytes: number; signal?: AbortSignal }
): Promise<Uint8Array> {
  const { maxBytes, signal } = options;
  const key = place.prefix + path;
  const subject = `s3://${place.bucket}/${key}`;
  const file = files.find(candidate => candidate.path === path);
  if (file === undefined) {
    throw sourceChanged(subject, 'is not among those that were listed');
  }
  if (file.sizeBytes > maxBytes) {
    throw objectTooLarge(subject, file.sizeBytes, maxBytes);
  }
  return askS3({ action: `s3:GetObject on ${place.bucket}`, subject }, signal, async () => {
    try {
      const answer = await s3.send(
        new GetObjectCommand({ Bucket: place.bucket, Key: key, IfMatch: file.sourceEtag }),
        { abortSignal: signal }
      );
      return (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
    } catch (error) {
      if (isRefusal(error, '412', '404')) {
        throw sourceChanged(subject, 'is gone or was written again', error);
      }
      throw error;
    }
  });
}
