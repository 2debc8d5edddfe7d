import { randomBytes } from 'node:crypto';
import type { BigIntStats, Dirent } from 'node:fs';
import { chmod, lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { bytesOnDisk, codeOf, inTurns, isMissing } from '../disk';
import { throwIfCancelled } from '../errors';
import type { BedrockImportError } from '../errors';
import { otherVolume, toRemovalError } from './removalErrors';
import { removeUnnameable } from './removeUnnameable';
import { requireInside } from './requireInside';

/** Milliseconds between two reports of progress at least. */
const TELL_MS = 100;
/** What stands for bytes of a name that are no UTF-8: such a name leads to nothing. */
const REPLACEMENT = '\uFFFD';
const MOVED_UP = /^\.removing-[0-9a-f]{32}$/;

export interface RemovalProgress {
  /** Files, links and folders that are gone. */
  removed: number;
  /** What they took from the disk; a file counts with its last name. */
  bytes: number;
}

export interface RemovalResult extends RemovalProgress {
  /** What is still there, and why. */
  left: { path: string; error: BedrockImportError }[];
}

export interface RemovalOptions {
  /** The folder that must hold what is removed; nothing outside of it is touched. Absolute. */
  within: string;
  signal?: AbortSignal;
  onProgress?: (progress: RemovalProgress) => void;
}

/**
 * Deletes a file, a link or a folder with all that is in it, and never anything else.
 *
 * A path is only as safe as the folders on its way, which others may exchange for links between two calls.
 * So each folder is first renamed into `within`, under a name that nobody can guess, and looked into only
 * there: rename(2) does not follow a link in the last place, fails for a mount point (EBUSY) and between
 * mounts (EXDEV), also those of one device, and no folder that is gone into is deeper than two levels,
 * however long its path was. Nothing is made, so that it works on a volume without room for one more file.
 * What cannot be removed, and what is left when the signal aborts, is put back; what a process that was
 * killed has moved up, the next run with the same `within` removes.
 *
 * A program that may list and write `within` itself could see the new name and exchange that folder, so
 * `within` has to be a folder of this user that others cannot write in, or one that was chosen knowingly.
 *
 * @throws BedrockImportError `CANCELLED`, `REMOVAL_OUTSIDE` (the path leaves `within`, or by a link)
 */
export async function removeTree(path: string, options: RemovalOptions): Promise<RemovalResult> {
  const { within } = options;
  const device = await requireInside(path, within);
  const removal = new Removal(device, options);
  await removal.remove(path, path);
  await finishMovedUp(removal, within);
  removal.tell();
  return removal.result;
}

/** Removes what earlier runs that were broken off have moved up into this folder. */
export async function finishRemovals(options: RemovalOptions): Promise<RemovalResult> {
  const { within } = options;
  const device = await requireInside(join(within, 'x'), within);
  const removal = new Removal(device, options);
  await finishMovedUp(removal, within);
  return removal.result;
}

/** Whether a name is one that a folder has while it is being removed. */
export function isMovedUp(name: string): boolean {
  return MOVED_UP.test(name);
}

async function finishMovedUp(removal: Removal, within: string): Promise<void> {
  const names = await readdir(within).catch(() => []);
  for (const name of names.filter(isMovedUp)) {
    const path = join(within, name);
    if (!removal.result.left.some(left => left.path === path)) {
      await removal.remove(path, path);
    }
  }
}

class Removal {
  readonly result: RemovalResult = { removed: 0, bytes: 0, left: [] };
  /** Of files with several names, until the last one is removed. */
  private readonly namesLeft = new Map<string, bigint>();
  private toldAt = 0;

  constructor(
    private readonly device: bigint,
    private readonly options: RemovalOptions
  ) {}

  /** @param shown The path by which the user knows it. */
  async remove(path: string, shown: string): Promise<boolean> {
    const facts = await this.look(path, shown);
    if (facts === undefined) {
      return false;
    }
    if (!facts.isDirectory()) {
      return this.unlinkOne(path, shown, facts);
    }
    if (facts.dev !== this.device) {
      return this.leave(shown, otherVolume(shown));
    }
    const moved = await this.moveUp(path, shown);
    if (moved === undefined) {
      return false;
    }
    let whole = false;
    try {
      whole = await this.removeMoved(moved, shown);
    } finally {
      if (!whole && moved !== path) {
        await this.putBack(moved, path);
      }
    }
    return whole;
  }

  /** What cannot be removed is to be found where it was. */
  private async putBack(moved: string, path: string): Promise<void> {
    try {
      await requireInside(path, this.options.within);
      await rename(moved, path);
    } catch {
      // The folder that it was in is gone or another one: what is left can be seen here at least.
    }
  }

  private async removeMoved(moved: string, shown: string): Promise<boolean> {
    const facts = await this.look(moved, shown);
    if (facts === undefined) {
      return false;
    }
    // Something else may have stood under the name when it was moved.
    if (!facts.isDirectory()) {
      return this.unlinkOne(moved, shown, facts);
    }
    if (facts.dev !== this.device) {
      return this.leave(shown, otherVolume(shown));
    }
    return this.removeFolder(moved, shown, facts);
  }

  /** Of a folder that stands in `within` under a name of ours. */
  private async removeFolder(folder: string, shown: string, facts: BigIntStats): Promise<boolean> {
    await this.openUp(folder, facts);
    const entries =
      (await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
        this.failed(shown, error)
      )) ?? [];
    const check = (): void => throwIfCancelled(this.options.signal, shown);
    const done = await inTurns(entries, entry => this.removeEntry(folder, shown, entry), check);
    let whole = done.every(Boolean);
    // One after the other: each needs a free place in the list of names of `within`.
    for (const entry of entries) {
      if (entry.isDirectory() && !entry.name.includes(REPLACEMENT)) {
        check();
        const isGone = await this.remove(join(folder, entry.name), join(shown, entry.name));
        whole &&= isGone;
      }
    }
    if (!whole) {
      return false;
    }
    const unnameable = entries.filter(({ name }) => name.includes(REPLACEMENT));
    if (unnameable.length === 0) {
      return this.removeEmpty(folder, shown, facts);
    }
    const withFolders = unnameable.some(entry => entry.isDirectory());
    const error = await removeUnnameable(folder, shown, { withFolders });
    if (error !== undefined) {
      return this.leave(shown, error);
    }
    this.count(facts);
    return true;
  }

  private async removeEntry(folder: string, shown: string, entry: Dirent): Promise<boolean> {
    if (entry.isDirectory() || entry.name.includes(REPLACEMENT)) {
      return true;
    }
    const path = join(folder, entry.name);
    const facts = await this.look(path, join(shown, entry.name));
    if (facts === undefined) {
      return true;
    }
    return facts.isDirectory()
      ? this.remove(path, join(shown, entry.name))
      : this.unlinkOne(path, join(shown, entry.name), facts);
  }

  /** @returns the new path; undefined when it could not be moved, which is then told */
  private async moveUp(path: string, shown: string): Promise<string | undefined> {
    if (isMovedUp(basename(path)) && dirname(path) === this.options.within) {
      return path;
    }
    const moved = join(this.options.within, `.removing-${randomBytes(16).toString('hex')}`);
    const tryTo = (): Promise<void> => rename(path, moved);
    try {
      await tryTo().catch(async (error: unknown) => {
        // A folder that its owner may not write in cannot be moved: its `..` would change.
        if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') {
          throw error;
        }
        await chmod(path, 0o700);
        await tryTo();
      });
      return moved;
    } catch (error) {
      this.failed(shown, error);
      return undefined;
    }
  }

  private async openUp(folder: string, { mode }: BigIntStats): Promise<void> {
    if ((Number(mode) & 0o700) !== 0o700) {
      // Another user's cannot be changed, and need not be where that user has let us in.
      await chmod(folder, 0o700).catch(() => undefined);
    }
  }

  private async unlinkOne(path: string, shown: string, facts: BigIntStats): Promise<boolean> {
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) {
        this.result.left.push({ path: shown, error: toRemovalError(shown, error) });
        return false;
      }
      return true;
    }
    this.count(facts);
    return true;
  }

  private async removeEmpty(folder: string, shown: string, facts: BigIntStats): Promise<boolean> {
    try {
      await rmdir(folder);
    } catch (error) {
      return isMissing(error) || this.leave(shown, toRemovalError(shown, error));
    }
    this.count(facts);
    return true;
  }

  private count(facts: BigIntStats): void {
    this.result.removed += 1;
    const key = `${facts.dev}:${facts.ino}`;
    const known = this.namesLeft.get(key) ?? (facts.isDirectory() ? 1n : facts.nlink);
    if (known <= 1n) {
      this.namesLeft.delete(key);
      this.result.bytes += bytesOnDisk(facts);
    } else {
      this.namesLeft.set(key, known - 1n);
    }
    if (Date.now() - this.toldAt >= TELL_MS) {
      this.tell();
    }
  }

  private async look(path: string, shown: string): Promise<BigIntStats | undefined> {
    try {
      return await lstat(path, { bigint: true });
    } catch (error) {
      if (!isMissing(error)) {
        this.failed(shown, error);
      }
      return undefined;
    }
  }

  private failed(shown: string, error: unknown): undefined {
    if (!isMissing(error)) {
      this.leave(shown, toRemovalError(shown, error));
    }
    return undefined;
  }

  private leave(shown: string, error: BedrockImportError): false {
    // Why a folder cannot be removed is said of what is in it.
    if (!this.result.left.some(({ path }) => path.startsWith(`${shown}/`))) {
      this.result.left.push({ path: shown, error });
    }
    return false;
  }

  tell(): void {
    this.toldAt = Date.now();
    this.options.onProgress?.({ removed: this.result.removed, bytes: this.result.bytes });
  }
}
