import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { worstVerdict } from '../../checks';
import type { Check } from '../../checks';
import { parseS3Uri } from '../../transfer';
import type { CopyPlan, FileProof, PlannedFile, PlanSource, ProofMethod } from '../../transfer';
import { Shape } from './shape';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
/** Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const LIMITS = {
  objectBytes: 5 * TiB,
  partBytes: { least: 5 * MiB, most: 5 * GiB },
  parts: 10_000
};
const MOST_FILES = 100_000;

const SHA256 = /^[0-9a-f]{64}$/;
const SHA1 = /^[0-9a-f]{40}$/;
const MODEL_ID = /^[\w.-]+(\/[\w.-]+)?$/;
/** As an object, so that a way of proving that is new cannot be forgotten here. */
const PROOFS: Readonly<Record<ProofMethod, true>> = {
  's3-put-checksum': true,
  's3-copy-checksum': true,
  's3-server-copy': true,
  's3-same-checksum': true,
  's3-stored-checksum': true,
  'read-back': true,
  'earlier-manifest': true
};

/**
 * A plan from a file: only what a plan has is taken over, and nothing in it is believed that can be
 * checked here.
 *
 * @throws ShapeError
 */
export function readPlan(document: Shape): CopyPlan {
  const version = document.field('version');
  if (version.value !== 1) {
    return version.fail('is not 1, which is the only one known here');
  }
  const destination = readDestination(document.field('destination'));
  const source = readSource(document.field('source'));
  const list = document.field('files');
  const files = list.items(MOST_FILES).map(file => readFile(file, destination.prefix, source.kind));
  if (files.length === 0) {
    return list.fail('is empty');
  }
  const paths = new Set<string>();
  for (const [index, { path }] of files.entries()) {
    if (paths.has(path)) {
      return new Shape(path, `files[${index}].path`).fail('is there twice');
    }
    paths.add(path);
  }
  const checks = document.field('checks').items(1000).map(readCheck);
  if (worstVerdict(checks) === 'blocker') {
    return document.field('checks').fail('holds one that blocks');
  }
  const moving = files.filter(({ action }) => action === 'copy' || action === 'write');
  return {
    version: 1,
    source,
    destination,
    files,
    leftOut: document
      .field('leftOut')
      .items(MOST_FILES)
      .map(file => ({
        path: file.field('path').text(),
        sizeBytes: file.field('sizeBytes').whole(0, Number.MAX_SAFE_INTEGER),
        reason: file.field('reason').text()
      })),
    rewrites: document
      .field('rewrites')
      .items(1000)
      .map(rewrite => ({
        path: readPath(rewrite.field('path')),
        before: rewrite.field('before').optional(text => text.rawText()),
        after: rewrite.field('after').optional(text => text.rawText()),
        summary: rewrite.field('summary').text()
      })),
    totalBytes: sum(files),
    bytesToMove: sum(moving),
    alreadyThere: files.filter(({ action }) => action === 'skip').length,
    conflicts: document
      .field('conflicts')
      .items(MOST_FILES)
      .map(conflict => ({
        key: conflict.field('key').text(),
        sizeBytes: conflict.field('sizeBytes').whole(0, LIMITS.objectBytes),
        kind: conflict.field('kind').oneOf(['would-overwrite', 'unexpected']),
        why: conflict.field('why').text()
      })),
    checks
  };
}

function readDestination(shape: Shape): CopyPlan['destination'] {
  const bucket = shape.field('bucket').text();
  const prefix = shape.field('prefix').text();
  const region = shape.field('region').text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not a Region');
  const parsed = destinationOf(shape, `s3://${bucket}/${prefix}`);
  if (parsed.bucket !== bucket || parsed.prefix !== prefix) {
    return shape.fail('is not a bucket and a prefix that ends with a slash');
  }
  return { bucket, prefix, region };
}

function destinationOf(shape: Shape, uri: string): { bucket: string; prefix: string } {
  try {
    return parseS3Uri(uri);
  } catch (error) {
    return shape.fail(`is no destination: ${error instanceof Error ? error.message : ''}`);
  }
}

function readSource(shape: Shape): PlanSource {
  const kind = shape.field('kind').oneOf(['hub', 'folder', 's3', 'archive']);
  const modelId = shape.field('modelId').text(kind === 'hub' ? MODEL_ID : /./, 'is not a model id');
  if (kind === 'hub') {
    const endpoint = shape.field('endpoint').text(/^https?:\/\/[^\s/@]+(\/[^\s@]*)?$/);
    const cacheFolder = shape.field('cacheFolder').optional(readFolder);
    const revision = shape.field('revision').optional(text => text.text());
    return {
      kind,
      modelId,
      endpoint,
      commitSha: shape.field('commitSha').text(SHA1, 'is not a commit'),
      ...(cacheFolder === undefined ? {} : { cacheFolder }),
      ...(revision === undefined ? {} : { revision })
    };
  }
  const fingerprint = shape.field('fingerprint').text(/^.{8,200}$/, 'is not a fingerprint');
  if (kind === 'folder') {
    return { kind, modelId, fingerprint, path: readFolder(shape.field('path')) };
  }
  const bucket = shape.field('bucket').text();
  destinationOf(shape.field('bucket'), `s3://${bucket}`);
  const region = shape.field('region').text();
  return kind === 's3'
    ? { kind, modelId, fingerprint, bucket, region, prefix: shape.field('prefix').text() }
    : {
        kind,
        modelId,
        fingerprint,
        bucket,
        region,
        key: shape.field('key').text(/./, 'is empty'),
        etag: readEtag(shape.field('etag')),
        sizeBytes: shape.field('sizeBytes').whole(1, LIMITS.objectBytes)
      };
}

/** The one place where a plan may name an absolute path. */
function readFolder(shape: Shape): string {
  const path = shape.text();
  return isAbsolute(path) ? path : shape.fail('is not an absolute path');
}

/** Below the source and below the prefix, and nowhere else. */
function readPath(shape: Shape): string {
  const path = shape.text(/./, 'is empty');
  if (isAbsolute(path) || /^[a-z]:/i.test(path) || path.includes('\\')) {
    return shape.fail('is not a relative path with / between its parts');
  }
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
    ? path
    : shape.fail('leads out of its folder or has an empty part');
}

function readFile(shape: Shape, prefix: string, kind: PlanSource['kind']): PlannedFile {
  const path = readPath(shape.field('path'));
  const key = shape.field('key');
  if (key.text() !== prefix + path) {
    return key.fail('is not the prefix and the path');
  }
  const sizeBytes = shape.field('sizeBytes').whole(0, LIMITS.objectBytes);
  const action = shape.field('action').oneOf(['copy', 'write', 'prove', 'skip']);
  const sha256 = shape.field('sha256').optional(text => text.text(SHA256, 'is not a SHA-256'));
  const gitOid = shape.field('gitOid').optional(text => text.text(SHA1, 'is not a SHA-1'));
  if (kind === 'hub' && action === 'copy' && sha256 === undefined && gitOid === undefined) {
    return shape.fail('has no hash that its bytes could be compared with');
  }
  const modifiedMs = shape.field('modifiedMs').optional(readTime);
  const sourceEtag = shape.field('sourceEtag').optional(readEtag);
  const offset = shape.field('offset').optional(number => number.whole(0, Number.MAX_SAFE_INTEGER));
  const content = readContent(shape.field('content'), { action, sizeBytes, sha256 });
  const proof = readProof(shape.field('proof'), { path, key: prefix + path, action, sizeBytes });
  if (proof !== undefined && sha256 !== undefined && proof.sha256 !== sha256) {
    return shape.field('proof').fail('is of another SHA-256 than the file');
  }
  return {
    path,
    key: prefix + path,
    sizeBytes,
    action,
    ...readParts(shape, sizeBytes),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(gitOid === undefined ? {} : { gitOid }),
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
    ...(sourceEtag === undefined ? {} : { sourceEtag }),
    ...(offset === undefined ? {} : { offset }),
    ...(content === undefined ? {} : { content }),
    ...(proof === undefined ? {} : { proof })
  };
}

function readEtag(shape: Shape): string {
  return shape.text(/^"[^"]+"$/, 'is not an ETag');
}

/** Milliseconds, with the fraction that some file systems have. */
function readTime(shape: Shape): number {
  return typeof shape.value === 'number' && Number.isFinite(shape.value)
    ? shape.value
    : shape.fail('is not a time in milliseconds');
}

function readParts(
  shape: Shape,
  sizeBytes: number
): Pick<PlannedFile, 'method' | 'partSizeBytes' | 'partCount'> {
  const method = shape.field('method').oneOf(['single-put', 'multipart']);
  const partSizeBytes = shape.field('partSizeBytes').whole(1, LIMITS.partBytes.most);
  const partCount = shape.field('partCount').whole(1, LIMITS.parts);
  if (method === 'single-put') {
    return partCount === 1 && partSizeBytes === Math.max(1, sizeBytes)
      ? { method, partSizeBytes, partCount }
      : shape.fail('goes in one request, but its part is not the whole file');
  }
  return partSizeBytes >= LIMITS.partBytes.least &&
    partCount === Math.ceil(sizeBytes / partSizeBytes)
    ? { method, partSizeBytes, partCount }
    : shape.fail('goes in parts that do not make up the file');
}

function readContent(
  shape: Shape,
  file: Pick<PlannedFile, 'action' | 'sizeBytes' | 'sha256'>
): string | undefined {
  const content = shape.optional(text => text.rawText());
  if (content === undefined) {
    return file.action === 'write' ? shape.fail('is missing from a file to write') : undefined;
  }
  const bytes = Buffer.from(content, 'utf8');
  const hash = createHash('sha256').update(bytes).digest('hex');
  return bytes.length === file.sizeBytes && (file.sha256 ?? hash) === hash
    ? content
    : shape.fail('does not have the size and the SHA-256 of the file');
}

function readProof(
  shape: Shape,
  file: Pick<PlannedFile, 'path' | 'key' | 'action' | 'sizeBytes'>
): FileProof | undefined {
  if (!shape.isThere) {
    return file.action === 'skip' ? shape.fail('is missing from a file to skip') : undefined;
  }
  const { path, key, sizeBytes } = file;
  const same =
    shape.field('path').text() === path &&
    shape.field('key').text() === key &&
    shape.field('sizeBytes').whole(0, LIMITS.objectBytes) === sizeBytes;
  if (!same) {
    return shape.fail('is of another file');
  }
  const gitOid = shape.field('gitOid').optional(text => text.text(SHA1, 'is not a SHA-1'));
  const sourceEtag = shape.field('sourceEtag').optional(readEtag);
  return {
    path,
    key,
    sizeBytes,
    sha256: shape.field('sha256').text(SHA256, 'is not a SHA-256'),
    ...(sourceEtag === undefined ? {} : { sourceEtag }),
    ...(gitOid === undefined ? {} : { gitOid }),
    provedBy: shape.field('provedBy').oneOf(Object.keys(PROOFS) as ProofMethod[]),
    etag: shape.field('etag').text(/./, 'is empty'),
    rewritten: shape.field('rewritten').flag()
  };
}

function readCheck(shape: Shape): Check {
  const source = shape.field('source').optional(text => text.text());
  const nextStep = shape.field('nextStep').optional(text => text.text());
  return {
    id: shape.field('id').text(),
    verdict: shape.field('verdict').oneOf(['ok', 'warning', 'blocker']),
    found: shape.field('found').text(),
    why: shape.field('why').text(),
    ...(source === undefined ? {} : { source }),
    ...(nextStep === undefined ? {} : { nextStep })
  };
}

function sum(files: readonly { sizeBytes: number }[]): number {
  return files.reduce((total, file) => total + file.sizeBytes, 0);
}
