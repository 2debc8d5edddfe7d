import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Check } from '../../checks';
import { BedrockImportError, cancelledError } from '../../errors';
import type { LeftOutFile, ModelFiles } from '../../model';
import { askS3, isRefusal } from '../askS3';
import type { ArchiveSource } from '../planSource';
import type { TransferContext } from '../types';
import { archiveError, ArchiveFault, formatArchive } from './archiveErrors';
import type { ArchivePlace } from './archiveErrors';
import { MemberIndex } from './memberIndex';
import type { ArchiveMember } from './memberIndex';
import { MemberReader } from './memberReader';
import { modelNameOf, modelRootOf } from './modelRoot';
import { readObjectBytes } from './objectBytes';
import type { ObjectVersion, ReadNotice } from './objectBytes';
import { TarParser } from './tarParser';
import { unpackBytes } from './unpackedBytes';

/** How far the reading of an archive for its index is. */
export interface ArchiveProgress {
  /** Bytes of the archive as it lies in S3. */
  readBytes: number;
  totalBytes: number;
  /** Bytes that came out of it. */
  unpackedBytes: number;
  /** Files found so far. */
  files: number;
}

export interface OpenArchiveOptions {
  signal?: AbortSignal;
  onProgress?: (progress: ArchiveProgress) => void;
  /** Before each pause in which a broken connection is waited for. */
  onWait?: (wait: { reason: string; waitedMs: number; budgetMs?: number }) => void;
  /** Milliseconds without a byte after which a connection is given up. @default 30_000 */
  stallMs?: number;
}

export interface OpenedArchive {
  source: ArchiveSource;
  files: ModelFiles;
  /** Folder of the archive that holds the model, which the paths of the files begin below; empty, or ends with `/`. */
  root: string;
  /** Size of the whole unpacked archive. */
  unpackedBytes: number;
}

const REPORT_MS = 250;
const DEFAULT_LARGEST_BYTES = 64 * 2 ** 20;

/**
 * Reads a tar archive in S3 once from its beginning to its end, unpacking it on the way, and says which
 * files it holds, where each begins and what its SHA-256 is. Needs no disk and little memory; takes as
 * long as unpacking does. Changes nothing.
 *
 * @throws BedrockImportError `ARCHIVE_NOT_FOUND`, `ARCHIVE_UNKNOWN_FORMAT`, `ARCHIVE_DAMAGED`,
 *   `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_IN_COLD_STORAGE`, `SOURCE_CHANGED`, `CANCELLED`, and
 *   those of `toAwsError`.
 */
export async function openArchive(
  context: Pick<TransferContext, 'aws'>,
  place: ArchivePlace,
  options: OpenArchiveOptions = {}
): Promise<OpenedArchive> {
  const signal = options.signal ?? new AbortController().signal;
  if (signal.aborted) {
    throw cancelledError(formatArchive(place));
  }
  const object = await describeArchive(context, place, signal);
  const { index, unpackedBytes } = await readIndex(context, object, signal, options);
  const members = [...index.members.values()];
  if (members.length === 0) {
    throw archiveError(
      place,
      new ArchiveFault('ARCHIVE_EMPTY', 'There is no file in the archive.')
    );
  }
  const root = modelRootOf(members.map(({ path }) => path));
  const source: ArchiveSource = {
    kind: 'archive',
    bucket: place.bucket,
    key: place.key,
    // Where it could be read without being sent to another Region.
    region: context.aws.region,
    etag: object.etag,
    sizeBytes: object.sizeBytes,
    modelId: modelNameOf(place.bucket, place.key),
    fingerprint: fingerprintOf(object)
  };
  return {
    source,
    files: filesOf(context, object, { index, members, root }, source.modelId),
    root,
    unpackedBytes
  };
}

async function describeArchive(
  context: Pick<TransferContext, 'aws'>,
  place: ArchivePlace,
  signal: AbortSignal
): Promise<ObjectVersion> {
  const subject = formatArchive(place);
  return askS3({ action: 's3:GetObject', subject }, signal, async () => {
    try {
      const head = await context.aws.s3.send(
        new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }),
        { abortSignal: signal }
      );
      const cold = ['GLACIER', 'DEEP_ARCHIVE'].includes(head.StorageClass ?? '');
      if (cold && head.Restore?.includes('ongoing-request="false"') !== true) {
        throw new BedrockImportError({
          code: 'ARCHIVE_IN_COLD_STORAGE',
          message: `The archive lies in the storage class ${head.StorageClass ?? ''}, from which it cannot be read at once.`,
          subject,
          nextStep: 'Restore it in S3, then run the command again.',
          kind: 'blocked'
        });
      }
      return { ...place, etag: head.ETag ?? '', sizeBytes: head.ContentLength ?? 0 };
    } catch (error) {
      if (isRefusal(error, 'NotFound', 'NoSuchKey', '404')) {
        throw new BedrockImportError({
          code: 'ARCHIVE_NOT_FOUND',
          message: 'There is no such object, or no such bucket.',
          subject,
          nextStep:
            'Check the bucket and the key; the key ends with the file’s name, such as output/model.tar.gz.',
          kind: 'blocked',
          cause: error
        });
      }
      throw error;
    }
  });
}

async function readIndex(
  context: Pick<TransferContext, 'aws'>,
  object: ObjectVersion,
  signal: AbortSignal,
  options: OpenArchiveOptions
): Promise<{ index: MemberIndex; unpackedBytes: number }> {
  const index = new MemberIndex();
  const parser = new TarParser(index);
  const progress = { readBytes: 0, totalBytes: object.sizeBytes, unpackedBytes: 0, files: 0 };
  let reportedAt = 0;
  const report = (now: number): void => {
    reportedAt = now;
    options.onProgress?.({ ...progress, files: index.members.size });
  };
  const onRetry = ({ cause, waitMs }: ReadNotice): void =>
    options.onWait?.({ reason: cause, waitedMs: 0, budgetMs: waitMs });
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const bytes = readObjectBytes(context.aws, object, 0, {
    signal: either,
    onRetry,
    stallMs: options.stallMs
  });
  try {
    const packed = counted(bytes, count => (progress.readBytes += count));
    for await (const piece of unpackBytes(packed)) {
      parser.push(piece);
      progress.unpackedBytes += piece.length;
      if (Date.now() - reportedAt >= REPORT_MS) {
        report(Date.now());
      }
    }
    parser.finish();
  } catch (error) {
    throw error instanceof ArchiveFault ? archiveError(object, error) : error;
  } finally {
    stop.abort();
  }
  report(Date.now());
  return { index, unpackedBytes: progress.unpackedBytes };
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

interface Found {
  index: MemberIndex;
  members: readonly ArchiveMember[];
  root: string;
}

function filesOf(
  context: Pick<TransferContext, 'aws'>,
  object: ObjectVersion,
  { index, members, root }: Found,
  modelId: string
): ModelFiles {
  const inside = members.filter(({ path }) => path.startsWith(root));
  const outside: LeftOutFile[] = members
    .filter(({ path }) => !path.startsWith(root))
    .map(({ path, sizeBytes }) => ({
      path,
      sizeBytes,
      reason: `outside of ${root}, the folder of the archive that holds the model`
    }));
  const byPath = new Map(inside.map(member => [member.path.slice(root.length), member]));
  const checks: Check[] =
    root === ''
      ? []
      : [
          {
            id: 'archive-folder',
            verdict: 'ok',
            found: `The model is in the folder ${root} of the archive, which becomes the top folder.`,
            why: 'An import reads the top folder.'
          }
        ];
  return {
    model: {
      id: modelId,
      files: [...byPath].map(([path, { sizeBytes, offset, sha256 }]) => ({
        path,
        sizeBytes,
        offset,
        sha256
      })),
      leftOut: [...index.leftOut, ...outside],
      checks
    },
    readFile: async (path, { maxBytes = DEFAULT_LARGEST_BYTES, signal } = {}) => {
      const member = byPath.get(path);
      if (member === undefined || member.sizeBytes > maxBytes) {
        throw unreadable(object, path, member?.sizeBytes, maxBytes);
      }
      const kept = index.texts.get(member.path);
      return kept === undefined ? readMember(context, object, member, signal) : kept.slice();
    }
  };
}

/** Reads one file from the archive anew; everything before it passes by. */
async function readMember(
  context: Pick<TransferContext, 'aws'>,
  object: ObjectVersion,
  member: ArchiveMember,
  signal: AbortSignal = new AbortController().signal
): Promise<Uint8Array> {
  const reader = new MemberReader(context.aws, object, { signal });
  const bytes = new Uint8Array(member.sizeBytes);
  try {
    await reader.fill(member.offset, bytes);
  } catch (error) {
    throw error instanceof ArchiveFault ? archiveError(object, error) : error;
  } finally {
    await reader.close();
  }
  if (createHash('sha256').update(bytes).digest('hex') !== member.sha256) {
    throw archiveError(
      object,
      new ArchiveFault('ARCHIVE_DAMAGED', `${member.path} did not arrive as it is in the archive.`)
    );
  }
  return bytes;
}

function unreadable(
  object: ObjectVersion,
  path: string,
  sizeBytes: number | undefined,
  maxBytes: number
): BedrockImportError {
  return new BedrockImportError({
    code: sizeBytes === undefined ? 'ARCHIVE_FILE_NOT_FOUND' : 'ARCHIVE_FILE_TOO_LARGE',
    message:
      sizeBytes === undefined
        ? `There is no file ${path} in the archive.`
        : `${path} in the archive has ${sizeBytes} bytes; at most ${maxBytes} were to be read.`,
    subject: formatArchive(object),
    nextStep: 'Check that this is the archive that holds the model.'
  });
}

/** Changes when the archive does. */
function fingerprintOf(object: ObjectVersion): string {
  const identity = JSON.stringify([object.bucket, object.key, object.etag, object.sizeBytes]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 40);
}
