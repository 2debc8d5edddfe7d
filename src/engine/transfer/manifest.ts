import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { BedrockImportError } from '../errors';
import { askS3, isRefusal } from './askS3';
import type { HubSource } from './planSource';
import type { CopyPlan, FileProof, S3Destination } from './types';

/** Written last; a prefix without it does not hold a whole, proved model. */
export const MANIFEST_NAME = 'bedrock-import-manifest.json';

const MANIFEST_VERSION = 1;
const MAX_MANIFEST_BYTES = 32 * 2 ** 20;

export interface Manifest {
  manifestVersion: typeof MANIFEST_VERSION;
  writtenAt: string;
  source: CopyPlan['source'];
  destination: string;
  totalBytes: number;
  files: FileProof[];
  rewrites: { path: string; summary: string }[];
  leftOut: { path: string; reason: string }[];
}

export function makeManifest(plan: CopyPlan, files: FileProof[], writtenAt: Date): Manifest {
  return {
    manifestVersion: MANIFEST_VERSION,
    writtenAt: writtenAt.toISOString(),
    source: plan.source,
    destination: `s3://${plan.destination.bucket}/${plan.destination.prefix}`,
    totalBytes: plan.totalBytes,
    files,
    rewrites: plan.rewrites.map(({ path, summary }) => ({ path, summary })),
    leftOut: plan.leftOut.map(({ path, reason }) => ({ path, reason }))
  };
}

/** The manifest of an earlier copy; `undefined` when there is none or it cannot be understood. */
export async function readManifest(
  s3: S3Client,
  destination: S3Destination,
  signal: AbortSignal | undefined
): Promise<Manifest | undefined> {
  const key = destination.prefix + MANIFEST_NAME;
  const subject = `s3://${destination.bucket}/${key}`;
  try {
    return await askS3({ action: 's3:GetObject', subject }, signal, async () => {
      try {
        const answer = await s3.send(
          new GetObjectCommand({ Bucket: destination.bucket, Key: key }),
          { abortSignal: signal }
        );
        if ((answer.ContentLength ?? 0) > MAX_MANIFEST_BYTES) {
          await answer.Body?.transformToWebStream().cancel();
          return undefined;
        }
        return parseManifest((await answer.Body?.transformToString()) ?? '');
      } catch (error) {
        if (isRefusal(error, 'NoSuchKey', 'NotFound')) {
          return undefined;
        }
        throw error;
      }
    });
  } catch (error) {
    // S3 answers 403 for a key that is not there when the caller may not list the bucket.
    if (error instanceof BedrockImportError && error.code === 'ACCESS_DENIED') {
      return undefined;
    }
    throw error;
  }
}

/** Whether a value that was read has the shape of a proof. */
export function isProof(value: unknown): value is FileProof {
  const proof = value as Partial<FileProof> | null;
  return (
    typeof proof === 'object' &&
    proof !== null &&
    typeof proof.path === 'string' &&
    typeof proof.key === 'string' &&
    typeof proof.etag === 'string' &&
    typeof proof.rewritten === 'boolean' &&
    ['string', 'undefined'].includes(typeof proof.gitOid) &&
    Number.isSafeInteger(proof.sizeBytes) &&
    /^[0-9a-f]{64}$/.test(proof.sha256 ?? '')
  );
}

/** Anyone who may write to the bucket can write this file: its shape is checked before it is believed. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const manifest = value as Partial<Manifest> | null;
  const source = (manifest as { source?: Partial<HubSource> | null } | null)?.source;
  if (
    typeof manifest !== 'object' ||
    manifest === null ||
    manifest.manifestVersion !== MANIFEST_VERSION ||
    !Array.isArray(manifest.files) ||
    !manifest.files.every(isProof) ||
    typeof source?.modelId !== 'string' ||
    typeof (source.kind === 'hub' ? source.commitSha : source.kind) !== 'string'
  ) {
    return undefined;
  }
  return manifest as Manifest;
}

/** Sends text as one object that S3 refuses unless its SHA-256 is right. */
export async function writeText(
  s3: S3Client,
  target: { bucket: string; key: string; text: string; metadata?: Record<string, string> },
  signal: AbortSignal
): Promise<{ sha256: string; etag: string; checked: boolean; sizeBytes: number }> {
  return writeBytes(s3, { ...target, bytes: new TextEncoder().encode(target.text) }, signal);
}

export async function writeBytes(
  s3: S3Client,
  target: { bucket: string; key: string; bytes: Uint8Array; metadata?: Record<string, string> },
  signal: AbortSignal
): Promise<{ sha256: string; etag: string; checked: boolean; sizeBytes: number }> {
  const digest = createHash('sha256').update(target.bytes).digest();
  const checksum = digest.toString('base64');
  const subject = `s3://${target.bucket}/${target.key}`;
  return askS3({ action: 's3:PutObject', subject }, signal, async () => {
    const answer = await s3.send(
      new PutObjectCommand({
        Bucket: target.bucket,
        Key: target.key,
        Body: target.bytes,
        ChecksumSHA256: checksum,
        Metadata: target.metadata,
        ContentType: contentType(target.key)
      }),
      { abortSignal: signal }
    );
    return {
      sha256: digest.toString('hex'),
      etag: answer.ETag ?? '',
      checked: answer.ChecksumSHA256 === checksum,
      sizeBytes: target.bytes.length
    };
  });
}

export function contentType(key: string): string {
  return key.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}
