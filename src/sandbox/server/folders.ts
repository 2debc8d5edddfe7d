import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { denoRuntime, type DenoFile } from './denoRuntime';
import { OptionsExit } from './options';

/** @throws OptionsExit when it is no folder, or a model instead of a folder of them. */
export async function openModelsFolder(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new OptionsExit(`error: --models: '${path}' is not a folder\n`, 2);
  }
  const config = await stat(join(path, 'config.json')).catch(() => undefined);
  if (config?.isFile() === true) {
    throw new OptionsExit(
      `error: --models: '${path}' is itself a model; give the folder DIR that holds it as DIR/org/name\n`,
      2
    );
  }
  return resolve(path);
}

export interface DataFolder {
  path: string;
  /** Leaves a folder of the user's as it is, for the next run, and removes a temporary one. */
  close(): Promise<void>;
}

/** @throws OptionsExit when it cannot be used, or is in use by another sandbox. */
export async function openDataFolder(path: string | undefined): Promise<DataFolder> {
  if (path === undefined) {
    const temporary = await mkdtemp(join(tmpdir(), 'bedrock-import-sandbox-'));
    return {
      path: temporary,
      close: () => rm(temporary, { recursive: true, force: true, maxRetries: 3 })
    };
  }
  let lock: DenoFile;
  try {
    await mkdir(path, { recursive: true });
    lock = await denoRuntime().open(join(path, 'lock'), { write: true, create: true });
  } catch {
    throw new OptionsExit(`error: --data: '${path}' cannot be used as a folder\n`, 2);
  }
  // The system lets go of it however the sandbox ends. Some network file systems have no locks.
  if (!(await lock.tryLock(true).catch(() => true))) {
    lock.close();
    throw new OptionsExit(`error: --data: '${path}' is in use by another sandbox\n`, 2);
  }
  return { path: resolve(path), close: () => Promise.resolve(lock.close()) };
}

/** A folder for the jobs of an engine, for this user alone; what an earlier run left in it stays. */
export async function openStateFolder(dataPath: string): Promise<string> {
  const path = join(dataPath, 'jobs-state');
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
