import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { writeAll } from '../disk';
import { ChangedMeanwhile, hashesOf, hashInName, openRegular, readThrough } from './content';
import { WORK_FOLDER } from './scanTree';
import type { TreeEntry } from './types';

/** A file that is written to all the time cannot be copied. */
const TRIES = 3;

export interface CopyTask {
  from: string;
  to: string;
  entry: TreeEntry;
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
  onWarning: (message: string) => void;
}

/**
 * Copies one file under another name, has it on the disk, reads it back and compares, and only then gives
 * it its name: what has its name in the new place is whole.
 *
 * @throws ChangedMeanwhile when somebody writes to the file all the time, and what the disk throws
 */
export async function copyVerified(task: CopyTask): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await copyOnce(task);
      return;
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || attempt === TRIES) {
        throw error;
      }
    }
  }
}

async function copyOnce({ from, to, entry, signal, onBytes, onWarning }: CopyTask): Promise<void> {
  const source = join(from, entry.path);
  const work = join(to, WORK_FOLDER);
  const temporary = join(work, randomBytes(8).toString('hex'));
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    const read = await openRegular(source);
    let written;
    try {
      const before = await read.stat({ bigint: true });
      const target = await open(temporary, 'wx', 0o600);
      try {
        written = await readThrough(read, {
          signal,
          onBytes: async bytes => {
            await writeAll(target, bytes);
            onBytes(bytes.length);
          }
        });
        await target.sync();
      } finally {
        await target.close();
      }
      const after = await read.stat({ bigint: true });
      if (after.mtimeNs !== before.mtimeNs || Number(after.size) !== written.sizeBytes) {
        throw new ChangedMeanwhile(`${source} is being written to.`);
      }
      await utimes(temporary, Number(before.atimeMs) / 1000, Number(before.mtimeMs) / 1000);
    } finally {
      await read.close();
    }
    const copied = await hashesOf(temporary, signal);
    if (copied.sha256 !== written.sha256) {
      throw new Error(
        `The copy of ${source} is not what was written: the disk or its memory is faulty.`
      );
    }
    const named = hashInName(entry.path);
    if (named !== undefined && copied[named.algorithm] !== named.hash) {
      onWarning(
        `${entry.path} was broken before: its content is not what its name says. It was copied as it is; download it again.`
      );
    }
    await chmod(temporary, entry.mode);
    await rename(temporary, join(to, entry.path));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Whether the new place has the file already, bit by bit. */
export async function isCopied(
  from: string,
  to: string,
  entry: TreeEntry,
  signal: AbortSignal
): Promise<boolean> {
  const facts = await lstat(join(to, entry.path)).catch(() => undefined);
  if (facts?.isFile() !== true || facts.size !== entry.sizeBytes) {
    return false;
  }
  const there = await hashesOf(join(to, entry.path), signal);
  const named = hashInName(entry.path);
  if (named !== undefined && there[named.algorithm] === named.hash) {
    return true;
  }
  return (await hashesOf(join(from, entry.path), signal)).sha256 === there.sha256;
}
