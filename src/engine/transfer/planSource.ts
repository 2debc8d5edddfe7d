/** A model at one commit on the hub. */
export interface HubSource {
  kind: 'hub';
  endpoint: string;
  modelId: string;
  commitSha: string;
  /** The bytes go through this Hugging Face cache folder on disk; streamed without it. */
  cacheFolder?: string;
  /** Branch or tag that the commit was found under: what the cache then knows it by. */
  revision?: string;
}

/** A folder on this machine. */
export interface FolderSource {
  kind: 'folder';
  /** Absolute. */
  path: string;
  /** What the model is called where a name is needed. */
  modelId: string;
  /** Changes when any file in it does. */
  fingerprint: string;
}

/** Objects under a prefix in S3, copied inside S3. */
export interface S3Source {
  kind: 's3';
  bucket: string;
  /** Ends with `/`, or is empty. */
  prefix: string;
  region: string;
  modelId: string;
  fingerprint: string;
}

/** A `model.tar.gz` in S3, unpacked on the way. */
export interface ArchiveSource {
  kind: 'archive';
  bucket: string;
  key: string;
  region: string;
  /** Of the archive, with its quotes. */
  etag: string;
  sizeBytes: number;
  modelId: string;
  fingerprint: string;
}

/** Where the files of a copy come from. */
export type PlanSource = HubSource | FolderSource | S3Source | ArchiveSource;

/** What stands for "this commit" of any source. */
export function sourceVersion(source: PlanSource): string {
  return source.kind === 'hub' ? source.commitSha : source.fingerprint;
}

/**
 * `model id@version`: what the metadata of each object says of its origin. Escaped, because metadata
 * is sent in headers.
 */
export function sourceLabel(source: PlanSource): string {
  return encodeURI(`${source.modelId}@${sourceVersion(source)}`);
}

/** For people: the hash that a file must have, as its source knows it. */
export function describeHash(source: PlanSource): string {
  switch (source.kind) {
    case 'hub':
      return 'the SHA-256 that the hub publishes';
    case 'folder':
      return 'the SHA-256 of the file in the folder';
    case 's3':
      return 'the SHA-256 of the object that it was copied from';
    case 'archive':
      return 'the SHA-256 of the file in the archive';
  }
}

/** For people: where the files come from. */
export function describeSource(source: PlanSource): string {
  switch (source.kind) {
    case 'hub':
      return `${source.modelId} at ${source.commitSha} (${source.endpoint})`;
    case 'folder':
      return source.path;
    case 's3':
      return `s3://${source.bucket}/${source.prefix} (${source.region})`;
    case 'archive':
      return `s3://${source.bucket}/${source.key} (${source.region}), unpacked on the way`;
  }
}
