import { rm } from 'node:fs/promises';
import process from 'node:process';

import type { RemovalResult } from './removeTree';
import { toRemovalError, unnameable } from './removalErrors';

/** Set by the launcher where the system's list of mounts has names that are not UTF-8. */
const UNNAMEABLE_MOUNTS = 'BEDROCK_IMPORT_UNNAMEABLE_MOUNTS';

/**
 * Removes a folder in which only that is left whose name is not valid UTF-8, and so cannot be said to the
 * system by a path. Deno's own recursive removal (Rust's `remove_dir_all`) goes by handles instead of
 * paths and follows no link; it would go into a volume that is mounted below, which is why nothing is done
 * where the system has one under such a name.
 *
 * @returns whether the folder is gone
 */
export async function removeUnnameable(
  folder: string,
  shown: string,
  result: RemovalResult
): Promise<boolean> {
  if (process.env[UNNAMEABLE_MOUNTS]) {
    result.left.push({ path: shown, error: unnameable(shown) });
    return false;
  }
  try {
    await rm(folder, { recursive: true });
    return true;
  } catch (error) {
    result.left.push({ path: shown, error: toRemovalError(shown, error) });
    return false;
  }
}
