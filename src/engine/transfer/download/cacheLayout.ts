import { join } from 'node:path';
import { BedrockImportError } from '../../errors';
import type { HubFile } from '../../hub';

/** A model at one commit in a cache folder. */
export interface CachedModel {
  cacheFolder: string;
  modelId: string;
  /** 40 hexadecimal digits. */
  commitSha: string;
}

/** Where the pieces of one file lie; all absolute. */
export interface FilePlaces {
  /** Content under its hash; a link into the cache's shared store where huggingface_hub put it there. */
  blob: string;
  /** The name that tools read the file by: a relative link to the blob. */
  pointer: string;
  /** Bytes that have come so far. */
  incomplete: string;
  /** Which of them are safely on disk. */
  ranges: string;
  /** Taken by huggingface_hub while it downloads the file. */
  lock: string;
}

/** `models--organisation--name`, as huggingface_hub names the folder of a model. */
export function repositoryName(modelId: string): string {
  return ['models', ...modelId.split('/')].join('--');
}

export function repositoryFolder(model: Pick<CachedModel, 'cacheFolder' | 'modelId'>): string {
  return join(model.cacheFolder, repositoryName(model.modelId));
}

export function blobsFolder(model: Pick<CachedModel, 'cacheFolder' | 'modelId'>): string {
  return join(repositoryFolder(model), 'blobs');
}

export function snapshotFolder(model: CachedModel): string {
  return join(repositoryFolder(model), 'snapshots', model.commitSha);
}

/** The name of a blob is the hub's ETag of the file: SHA-256 for LFS, else git's SHA-1. */
export function blobName(file: Pick<HubFile, 'sha256' | 'gitOid'>): string {
  return file.sha256 ?? file.gitOid;
}

/**
 * huggingface_hub 2 never continues an incomplete file, and its first versions would take the length of
 * one for the number of bytes that have come, so ours has a name that it does not use. It ends with
 * `.incomplete` all the same: `hf cache prune` then finds what was given up.
 *
 * @throws BedrockImportError `HUB_LISTING_INVALID` for a path or hash that would leave the folder
 */
export function placesOf(model: CachedModel, file: HubFile): FilePlaces {
  const name = blobName(file);
  const odd =
    !/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(name) ||
    !/^[0-9a-f]{40}$/.test(model.commitSha) ||
    !/^[\w.-]+(\/[\w.-]+)?$/.test(model.modelId) ||
    model.modelId.split('/').some(part => part === '..' || part === '.') ||
    !isPlainPath(file.path);
  if (odd) {
    throw new BedrockImportError({
      code: 'HUB_LISTING_INVALID',
      message: 'The hub lists a file whose name or hash cannot be used on a disk.',
      subject: file.path,
      nextStep: 'Copy the model without the disk, or ask its owner to rename the file.'
    });
  }
  const blob = join(blobsFolder(model), name);
  return {
    blob,
    pointer: join(snapshotFolder(model), ...file.path.split('/')),
    incomplete: `${blob}.bedrock-import.incomplete`,
    ranges: `${blob}.bedrock-import.ranges`,
    lock: join(model.cacheFolder, '.locks', repositoryName(model.modelId), `${name}.lock`)
  };
}

/** Stays under the folder it is joined to, on every system. */
export function isPlainPath(path: string): boolean {
  return (
    path !== '' &&
    !/[\0\\]/.test(path) &&
    path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
  );
}
