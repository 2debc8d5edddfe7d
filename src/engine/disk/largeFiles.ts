import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';

import { BedrockImportError, throwIfCancelled } from '../errors';
import { bytesOnDisk, lookInto } from './entries';
import type { LookOptions } from './entries';
import { isPassing } from './missing';
import { measureNotebookOutputs } from './notebookOutputs';

/** How often news are told, in files. */
const NEWS_FILES = 1_000;
const USUAL_LIMIT = 20;
/** ECMAScript, "Time Values and Time Range": file systems have times outside of it. */
const LAST_MS = 8.64e15;

export interface LargeFile {
  /** Absolute; the first of its names that was met. */
  path: string;
  /** What it takes from the disk. */
  bytes: number;
  /** ISO time. */
  modifiedAt: string;
  /** Of a notebook that can be read: what the outputs of its cells take in it. */
  outputBytes?: number;
}

export interface LargeFiles {
  /** The largest first. */
  files: LargeFile[];
  /** Files that were looked at. */
  looked: number;
  /** Folders and files that could not be looked at. */
  unreadable: number;
}

export interface LargeFilesOptions {
  /** @default 20 */
  limit?: number;
  signal?: AbortSignal;
  /** Now and then. */
  onLooked?: (files: number) => void;
}

/**
 * The largest files under a folder. No link is followed and no other file system entered; a file with
 * several names, or in a folder that is mounted at several places, is listed once. Memory holds the
 * largest only, and the folders that wait to be looked into.
 *
 * @throws BedrockImportError `FOLDER_UNREADABLE`, `CANCELLED`
 */
export async function listLargeFiles(
  root: string,
  options: LargeFilesOptions = {}
): Promise<LargeFiles> {
  const { limit = USUAL_LIMIT, signal, onLooked } = options;
  const { folder, device } = await topOf(root);
  const largest = new Largest(limit);
  let looked = 0;
  let unreadable = 0;
  const looking: LookOptions = {
    check: () => throwIfCancelled(signal, root),
    failed: (error, path) => {
      unreadable += isPassing(error, path) ? 0 : 1;
    }
  };
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for await (const some of lookInto(next, looking)) {
      for (const { path, facts } of some) {
        if (facts.isDirectory() && facts.dev === device) {
          waiting.push(path);
        } else if (facts.isFile()) {
          looked++;
          largest.offer(path, facts);
          if (looked % NEWS_FILES === 0) {
            onLooked?.(looked);
          }
        }
      }
    }
  }
  const files: LargeFile[] = [];
  for (const file of largest.list) {
    files.push({
      path: file.path,
      bytes: file.bytes,
      modifiedAt: new Date(Math.max(-LAST_MS, Math.min(LAST_MS, file.modifiedMs))).toISOString(),
      ...(await outputsOf(file.path, signal))
    });
  }
  return { files, looked, unreadable };
}

async function topOf(root: string): Promise<{ folder: string; device: bigint }> {
  try {
    const folder = await realpath(root);
    const facts = await lstat(folder, { bigint: true });
    if (facts.isDirectory()) {
      await readdir(folder);
      return { folder, device: facts.dev };
    }
  } catch (error) {
    throw notReadable(root, error);
  }
  throw notReadable(root);
}

function notReadable(root: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'FOLDER_UNREADABLE',
    message: `${root} is not a folder that can be looked into.`,
    subject: root,
    nextStep: 'Give a folder that you may read.',
    kind: 'usage',
    cause
  });
}

async function outputsOf(
  path: string,
  signal: AbortSignal | undefined
): Promise<{ outputBytes?: number }> {
  const outputBytes = /\.ipynb$/i.test(path)
    ? await measureNotebookOutputs(path, { signal })
    : undefined;
  return outputBytes === undefined ? {} : { outputBytes };
}

interface Kept {
  path: string;
  bytes: number;
  modifiedMs: number;
  /** Device and inode. */
  file: string;
}

/** The largest of all that were offered, in order. */
class Largest {
  readonly list: Kept[] = [];
  private readonly files = new Set<string>();

  constructor(private readonly limit: number) {}

  offer(path: string, facts: BigIntStats): void {
    const { dev, ino, mtimeMs } = facts;
    const bytes = bytesOnDisk(facts);
    const isFull = this.list.length >= this.limit;
    if (isFull && bytes <= (this.list.at(-1)?.bytes ?? 0)) {
      return;
    }
    const file = `${dev}:${ino}`;
    // Another name of one that was let go is as small as that was.
    if (this.files.has(file)) {
      return;
    }
    let low = 0;
    for (let high = this.list.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((this.list[middle]?.bytes ?? 0) >= bytes) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    this.list.splice(low, 0, { path, bytes, modifiedMs: Number(mtimeMs), file });
    this.files.add(file);
    if (this.list.length > this.limit) {
      this.files.delete(this.list.pop()?.file ?? '');
    }
  }
}
