import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { HubFile } from '../../hub';

const BUFFER_BYTES = 4 * 2 ** 20;

/**
 * Whether the file that is open has the size and the hash of the listing: SHA-256 for an LFS file, git's
 * blob hash for any other. Reads it once, at 4 MiB of memory.
 *
 * @throws what the disk throws, and the signal's reason when it fires
 */
export async function hasListedContent(
  handle: FileHandle,
  file: Pick<HubFile, 'sizeBytes' | 'sha256' | 'gitOid'>,
  signal: AbortSignal
): Promise<boolean> {
  if ((await handle.stat()).size !== file.sizeBytes) {
    return false;
  }
  const hash = createHash(file.sha256 === undefined ? 'sha1' : 'sha256');
  if (file.sha256 === undefined) {
    hash.update(`blob ${file.sizeBytes}\0`);
  }
  const buffer = new Uint8Array(Math.min(BUFFER_BYTES, Math.max(1, file.sizeBytes)));
  let position = 0;
  while (position < file.sizeBytes) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) {
      return false;
    }
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest('hex') === (file.sha256 ?? file.gitOid);
}
