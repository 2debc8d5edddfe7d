import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { codeOf, syncFolder } from '../disk';
import { makeRoom, placeFile, placeFolder, placeLink, placeName } from './place';
import type { Placed } from './place';
import { scanTree, topOf, WORK_FOLDER } from './scanTree';
import type { MovedTree, MoveOptions, TreeEntry } from './types';

const MOST_WARNINGS = 20;

/** What was found to be in the new place, and of what state of the old file that was said. */
export type Settled = Map<string, string>;

export interface MoveTreeOptions extends MoveOptions {
  /** Files get a second name instead of a copy. */
  sameDisk: boolean;
  settled: Settled;
}

/**
 * Brings everything of a cache to its new place, and leaves in the old one what cannot be moved. It can be
 * ended at any point and begun again: what is there is looked at, and nothing is believed that was noted.
 * On one disk files get a second name, else they are copied; the old ones stay.
 *
 * @throws ChangedMeanwhile, the signal's reason, and what the disk throws
 */
export async function moveTree(
  from: string,
  to: string,
  options: MoveTreeOptions
): Promise<MovedTree> {
  const entries = await scanTree(from, options.signal);
  await makeRoom(to);
  await rm(join(to, WORK_FOLDER), { recursive: true, force: true });
  const moved = await new TreeMove(from, to, options, entries).run();
  await rm(join(to, WORK_FOLDER), { recursive: true, force: true });
  await syncFolders(to, entries);
  return moved;
}

class TreeMove {
  private readonly startedAt = Date.now();
  private readonly files: readonly TreeEntry[];
  private readonly links: readonly TreeEntry[];
  private readonly totalBytes: number;
  private readonly kept = new Set<string>();
  /** Folders that the new place has something else for; nothing is written through that. */
  private readonly blocked = new Set<string>();
  /** Of files with several names, the one that is in the new place. */
  private readonly firstNames = new Map<bigint, string>();
  private movedBytes = 0;
  private filesDone = 0;
  private warnings = 0;

  constructor(
    private readonly from: string,
    private readonly to: string,
    private readonly options: MoveTreeOptions,
    private readonly entries: readonly TreeEntry[]
  ) {
    this.files = entries.filter(({ kind }) => kind === 'file');
    this.links = entries.filter(({ kind }) => kind === 'link');
    const sizes = new Map(this.files.map(({ inode, sizeBytes }) => [inode, sizeBytes]));
    this.totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  async run(): Promise<MovedTree> {
    const { signal, onWarning } = this.options;
    for (const entry of this.entries) {
      await this.takeFolder(entry);
    }
    for (const entry of this.files) {
      signal.throwIfAborted();
      await this.takeFile(entry);
      this.filesDone += 1;
      this.tell();
    }
    const entries = new Map(this.entries.map(entry => [entry.path, entry]));
    const { from, to } = this;
    const { sameDisk } = this.options;
    for (const entry of this.links) {
      signal.throwIfAborted();
      if (!this.isBlocked(entry)) {
        this.take(entry, await placeLink({ from, to, entry, entries, sameDisk }));
      }
      this.filesDone += 1;
    }
    this.tell();
    if (this.warnings > MOST_WARNINGS) {
      onWarning?.(`${this.warnings - MOST_WARNINGS} more entries stay where they are.`);
    }
    const files = this.files.length + this.links.length;
    return { files, bytes: this.totalBytes, kept: this.kept };
  }

  private async takeFolder(entry: TreeEntry): Promise<void> {
    if (entry.kind === 'other') {
      this.take(entry, {
        done: false,
        why: 'it is on another disk, no file, or cannot be read'
      });
    } else if (entry.kind === 'folder') {
      const placed: Placed = this.isBlocked(entry)
        ? { done: false, why: 'something else is there' }
        : await placeFolder(this.to, entry);
      if (!placed.done) {
        this.blocked.add(entry.path);
      }
      this.take(entry, placed);
    }
  }

  private async takeFile(entry: TreeEntry): Promise<void> {
    const { from, to, firstNames } = this;
    const { signal, settled, sameDisk } = this.options;
    if (this.isBlocked(entry)) {
      return;
    }
    const first = sameDisk ? undefined : firstNames.get(entry.inode);
    if (first !== undefined) {
      this.take(entry, await placeName(to, entry, first));
      return;
    }
    const before = this.movedBytes;
    if (settled.get(entry.path) !== stateOf(entry) || !(await isStillThere(to, entry))) {
      const onBytes = (bytes: number): void => {
        this.movedBytes += bytes;
        this.tell();
      };
      const onWarning = (message: string): void => this.warn(message);
      const task = { from, to, entry, signal, onBytes, onWarning };
      this.take(entry, await placeFile(task, sameDisk));
    }
    this.movedBytes = before + entry.sizeBytes;
    if (settled.has(entry.path)) {
      firstNames.set(entry.inode, entry.path);
    }
  }

  private isBlocked({ path }: TreeEntry): boolean {
    return this.blocked.has(posix.dirname(path));
  }

  private take(entry: TreeEntry, placed: Placed): void {
    if (placed.done) {
      this.options.settled.set(entry.path, stateOf(entry));
    } else {
      this.kept.add(topOf(entry.path));
      this.warn(`${join(this.from, entry.path)} stays where it is: ${placed.why}.`);
    }
  }

  private warn(message: string): void {
    this.warnings += 1;
    if (this.warnings <= MOST_WARNINGS) {
      this.options.onWarning?.(message);
    }
  }

  private tell(): void {
    const seconds = (Date.now() - this.startedAt) / 1000;
    this.options.onProgress?.({
      totalBytes: this.totalBytes,
      movedBytes: Math.min(this.movedBytes, this.totalBytes),
      filesTotal: this.files.length + this.links.length,
      filesDone: this.filesDone,
      bytesPerSecond: seconds > 0 ? this.movedBytes / seconds : 0
    });
  }
}

/**
 * Moves a whole cache by one rename, where its new place is free and on the same disk.
 *
 * @returns whether it was done; a second mount of the same disk does not allow it
 */
export async function renameWhole(from: string, to: string): Promise<boolean> {
  const there = await lstat(to).catch(() => undefined);
  if (there !== undefined && (!there.isDirectory() || (await readdir(to)).length > 0)) {
    return false;
  }
  await makeRoom(join(to, '..'));
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['EXDEV', 'EBUSY', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) {
      return false;
    }
    throw error;
  }
}

/** What changes when somebody writes to the entry or puts another one in its place. */
export function stateOf({ kind, inode, sizeBytes, modifiedMs, target }: TreeEntry): string {
  return kind === 'folder' ? kind : [kind, inode, sizeBytes, modifiedMs, target].join(' ');
}

async function isStillThere(to: string, entry: TreeEntry): Promise<boolean> {
  return (await lstat(join(to, entry.path)).catch(() => undefined)) !== undefined;
}

/** The names have to be on the disk before the old ones are deleted. */
async function syncFolders(to: string, entries: readonly TreeEntry[]): Promise<void> {
  const folders = entries.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
  for (const path of ['', ...folders]) {
    if (!(await syncFolder(join(to, path)))) {
      return;
    }
  }
}
