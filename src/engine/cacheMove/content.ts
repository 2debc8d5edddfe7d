import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open } from 'node:fs/promises';

const BUFFER_BYTES = 4 * 2 ** 20;

/** What the content of a file is called in the cache: SHA-256 for an LFS file, else git's SHA-1. */
export interface ContentHashes {
  sha256: string;
  gitSha1: string;
}

/** A file was replaced or changed while it was looked at. */
export class ChangedMeanwhile extends Error {}

/** Opens a regular file, and not what a link leads to. @throws ChangedMeanwhile */
export async function openRegular(path: string): Promise<FileHandle> {
  const before = await lstat(path, { bigint: true });
  if (!before.isFile()) {
    throw new ChangedMeanwhile(`${path} is no file any more.`);
  }
  // Deno does not know O_NOFOLLOW, so the file is looked at before and after.
  const handle = await open(path, constants.O_RDONLY);
  const opened = await handle.stat({ bigint: true });
  if (opened.ino !== before.ino || opened.dev !== before.dev) {
    await handle.close();
    throw new ChangedMeanwhile(`${path} was replaced meanwhile.`);
  }
  return handle;
}

/**
 * Reads a file from its beginning to its end, at 4 MiB of memory.
 *
 * @param onBytes Takes each piece, which is overwritten afterwards.
 * @throws the signal's reason, and what the disk throws
 */
export async function readThrough(
  handle: FileHandle,
  options: { signal: AbortSignal; onBytes?: (bytes: Uint8Array) => Promise<void> | void }
): Promise<ContentHashes & { sizeBytes: number }> {
  const { size } = await handle.stat();
  const sha256 = createHash('sha256');
  const gitSha1 = createHash('sha1').update(`blob ${size}\0`);
  const buffer = new Uint8Array(Math.min(BUFFER_BYTES, Math.max(1, size)));
  let position = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) {
      break;
    }
    const bytes = buffer.subarray(0, bytesRead);
    sha256.update(bytes);
    gitSha1.update(bytes);
    await options.onBytes?.(bytes);
    position += bytesRead;
  }
  return { sizeBytes: position, sha256: sha256.digest('hex'), gitSha1: gitSha1.digest('hex') };
}

/** @throws as `openRegular` and `readThrough` */
export async function hashesOf(
  path: string,
  signal: AbortSignal
): Promise<ContentHashes & { sizeBytes: number }> {
  const handle = await openRegular(path);
  try {
    return await readThrough(handle, { signal });
  } finally {
    await handle.close();
  }
}

/**
 * The hash that a file's place in the cache says it has: a blob of a repository is called by the hub's ETag.
 * The store that newer clients share calls its files by another hash, which cannot be computed here.
 */
export function hashInName(
  path: string
): { algorithm: keyof ContentHashes; hash: string } | undefined {
  const hash = /^[^/]+--[^/]+\/blobs\/([0-9a-f]{40}|[0-9a-f]{64})$/.exec(path)?.[1];
  return hash === undefined
    ? undefined
    : { algorithm: hash.length === 64 ? 'sha256' : 'gitSha1', hash };
}
