import { lstat } from 'node:fs/promises';

interface LockFile {
  tryLock(exclusive: boolean): Promise<boolean>;
  close(): void;
}

interface DenoNamespace {
  open(path: string, options: { read: true }): Promise<LockFile>;
}

/**
 * Whether a program holds flock(2) on a file, as huggingface_hub and our downloads do for each file that they
 * download. Nothing is made. Only Deno can tell; in Node, and where a file system has no such locks, it is
 * `false`.
 */
export async function isLocked(path: string): Promise<boolean> {
  const deno = (globalThis as { Deno?: DenoNamespace }).Deno;
  if (deno === undefined || (await lstat(path).catch(() => undefined))?.isFile() !== true) {
    return false;
  }
  const file = await deno.open(path, { read: true }).catch(() => undefined);
  if (file === undefined) {
    return false;
  }
  try {
    // Shared, and only until it is closed: who asks for the lock in this moment asks again.
    return !(await file.tryLock(false).catch(() => true));
  } finally {
    file.close();
  }
}
