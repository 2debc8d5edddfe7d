import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '../../waiting';

const POLL_MS = 300;
const NOTICE_MS = 5000;

interface LockFile {
  tryLock(exclusive: boolean): Promise<boolean>;
  stat(): Promise<{ ino: number | null }>;
  close(): void;
}

interface DenoNamespace {
  open(path: string, options: object): Promise<LockFile>;
}

export interface FileLock {
  release(): void;
}

/**
 * Takes the lock that huggingface_hub takes while it downloads a file: flock(2) on the same path, so that
 * each waits for the other; the system frees it when a process dies. Only Deno can take it. In Node, and
 * where a file system has no such locks, nothing is locked: huggingface_hub writes under names of its
 * own and renames, and two downloads of ours write the same bytes to the same places, are hashed and
 * renamed, so that only work is done twice.
 *
 * @param onWait Told each 5 seconds how long another program has had the lock, in milliseconds.
 * @throws BedrockImportError `CANCELLED`
 */
export async function lockFile(
  path: string,
  options: { signal: AbortSignal; onWait?: (waitedMs: number) => void }
): Promise<FileLock> {
  const deno = (globalThis as { Deno?: DenoNamespace }).Deno;
  if (deno === undefined) {
    return { release: () => undefined };
  }
  await mkdir(dirname(path), { recursive: true });
  const startedAt = systemClock.now();
  let toldAt = startedAt;
  for (;;) {
    // Writable for the group, as huggingface_hub makes it for caches that several users share.
    const file = await deno.open(path, { read: true, write: true, create: true, mode: 0o664 });
    const taken = await file.tryLock(true).catch(() => undefined);
    if (taken === undefined) {
      file.close();
      return { release: () => undefined };
    }
    if (taken && (await isSame(file, path))) {
      return { release: () => file.close() };
    }
    file.close();
    const now = systemClock.now();
    if (!taken && now - toldAt >= NOTICE_MS) {
      toldAt = now;
      options.onWait?.(now - startedAt);
    }
    await systemClock.sleep(POLL_MS, options.signal);
  }
}

/** A lock on a file that was deleted meanwhile keeps nobody out. */
async function isSame(file: LockFile, path: string): Promise<boolean> {
  const [held, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return there !== undefined && (held.ino === null || held.ino === there.ino);
}
