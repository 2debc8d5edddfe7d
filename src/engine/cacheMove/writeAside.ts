import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { WORK_FOLDER } from './scanTree';

/** Writes a small file whole or not at all. */
export async function writeAside(to: string, path: string, text: string): Promise<void> {
  const work = join(to, WORK_FOLDER);
  const temporary = join(work, randomBytes(8).toString('hex'));
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(to, path));
  } finally {
    await rm(temporary, { force: true });
  }
}
