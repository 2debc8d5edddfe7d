import { open } from 'node:fs/promises';

/** Writes all of some bytes: a disk that has little room left takes a part of them. */
export async function writeAll(
  file: {
    write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  },
  bytes: Uint8Array
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, sent, bytes.length - sent);
    sent += bytesWritten;
  }
}

/**
 * A rename is only lasting once its folder is; file systems that cannot do this lose nothing by it.
 *
 * @returns whether this one could
 */
export async function syncFolder(path: string): Promise<boolean> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return true;
  } catch {
    return false;
  }
}
