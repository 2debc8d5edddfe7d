import { rm } from 'node:fs/promises';
import process from 'node:process';

import type { BedrockImportError } from '../errors';
import { toRemovalError, unnameable } from './removalErrors';

/** Set by the launcher (`mounts.py`) where a volume is mounted under a name that is no UTF-8. */
const UNNAMEABLE_MOUNTS = 'BEDROCK_IMPORT_UNNAMEABLE_MOUNTS';

/**
 * Removes a folder in which only that is left whose name is not valid UTF-8, and so cannot be said to the
 * system by a path. Deno's own recursive removal (Rust's `remove_dir_all`) goes by handles instead of
 * paths and follows no link; it would go into a volume that is mounted below, which is why nothing is done
 * with folders where the system has one under such a name. Only its administrator can mount one meanwhile.
 *
 * @param withFolders Whether one of the names is that of a folder.
 * @returns why the folder is still there; undefined when it is gone
 */
export async function removeUnnameable(
  folder: string,
  shown: string,
  { withFolders }: { withFolders: boolean }
): Promise<BedrockImportError | undefined> {
  if (withFolders && process.env[UNNAMEABLE_MOUNTS]) {
    return unnameable(shown);
  }
  try {
    await rm(folder, { recursive: true });
    return undefined;
  } catch (error) {
    return toRemovalError(shown, error);
  }
}
