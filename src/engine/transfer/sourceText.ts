import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { isBucketName } from '../aws';
import { BedrockImportError } from '../errors';

/** What a user's text names. */
export type SourceText =
  | { kind: 'hub'; text: string }
  | { kind: 'folder'; path: string }
  | { kind: 's3'; bucket: string; prefix: string }
  | { kind: 'archive'; bucket: string; key: string };

/**
 * Tells the kinds of sources apart by their form alone. A prefix in S3 may hold any characters, unlike
 * the prefix of a destination, which Bedrock has to take.
 *
 * @throws BedrockImportError `SOURCE_INVALID`
 */
export function readSourceText(
  text: string,
  options: { currentDirectory?: string; homeDirectory?: string } = {}
): SourceText {
  if (/^s3:/i.test(text)) {
    return readS3Source(text);
  }
  if (text.includes('\0')) {
    throw invalid(text, 'the path holds a zero byte');
  }
  const home = /^~(?=\/|$)/.exec(text);
  if (home !== null) {
    const start = options.homeDirectory ?? homedir();
    return { kind: 'folder', path: resolve(start, `.${text.slice(1)}`) };
  }
  if (text.startsWith('~')) {
    throw invalid(text, 'only ~ and ~/… stand for a home folder');
  }
  if (text.startsWith('/') || /^\.{1,2}(\/|$)/.test(text)) {
    return {
      kind: 'folder',
      path: text.startsWith('/')
        ? resolve(text)
        : resolve(options.currentDirectory ?? process.cwd(), text)
    };
  }
  return { kind: 'hub', text };
}

function readS3Source(text: string): SourceText {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(text);
  const [, bucket = '', path = ''] = match ?? [];
  if (match === null || !isBucketName(bucket)) {
    throw invalid(text, match === null ? 'it does not start with s3://' : 'it names no bucket');
  }
  if (Buffer.byteLength(path, 'utf8') > 1024) {
    throw invalid(text, 'no key in S3 is as long');
  }
  if (/\.(tar\.gz|tgz)$/i.test(path)) {
    return { kind: 'archive', bucket, key: path };
  }
  return { kind: 's3', bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}

function invalid(text: string, why: string): BedrockImportError {
  return new BedrockImportError({
    code: 'SOURCE_INVALID',
    message: `Not a place that a model can be copied from: ${why}.`,
    subject: text.slice(0, 200),
    nextStep:
      'Give organisation/name of a model on the hub, a folder as /path or ./path, or s3://BUCKET/PREFIX/.',
    kind: 'usage'
  });
}
