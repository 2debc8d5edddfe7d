import { isBucketName } from '../aws';
import { BedrockImportError } from '../errors';
import type { S3Destination } from './types';

function invalid(text: string, why: string): BedrockImportError {
  return new BedrockImportError({
    code: 'S3_URI_INVALID',
    message: `Not a usable S3 destination: ${why}.`,
    subject: text.slice(0, 200),
    nextStep: 'Give it as s3://BUCKET/PREFIX, for example s3://my-models/smollm2/.',
    kind: 'usage'
  });
}

/** `prefix` without leading slashes, empty or ending with one `/`. */
export function normalisePrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+/, '').replace(/\/+$/, '');
  if (trimmed === '') {
    return '';
  }
  for (const segment of trimmed.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') {
      throw invalid(prefix, 'the prefix has an empty, "." or ".." part');
    }
    // CreateModelImportJob takes only these in s3DataSource.s3Uri (Amazon Bedrock API Reference).
    if (!/^[-!_*'().a-zA-Z0-9]+$/.test(segment)) {
      throw invalid(prefix, "Bedrock takes only letters, digits and - ! _ * ' ( ) . in a prefix");
    }
  }
  if (trimmed.length > 900) {
    throw invalid(prefix, 'the prefix is longer than 900 characters');
  }
  return `${trimmed}/`;
}

/**
 * Reads `s3://bucket/prefix`.
 *
 * @throws BedrockImportError `S3_URI_INVALID`
 */
export function parseS3Uri(text: string): S3Destination {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text.trim());
  if (!match) {
    throw invalid(text, 'it does not start with s3:// and a bucket');
  }
  const bucket = match[1] ?? '';
  if (!isBucketName(bucket)) {
    throw invalid(text, `"${bucket}" is not a bucket name`);
  }
  return { bucket, prefix: normalisePrefix(match[2] ?? '') };
}

/** `s3://bucket/prefix/` as CreateModelImportJob takes it. */
export function formatS3Uri(destination: S3Destination): string {
  return `s3://${destination.bucket}/${destination.prefix}`;
}
