import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of files for one spec. */
export interface ModelFolder {
  path: string;
  write(path: string, content: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

export async function makeModelFolder(
  files: Readonly<Record<string, string | Uint8Array>>
): Promise<ModelFolder> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'model-folder-')));
  const path = join(base, 'tuned');
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  };
  for (const [name, content] of Object.entries(files)) {
    await write(name, content);
  }
  return { path, write, remove: () => rm(base, { recursive: true, force: true }) };
}
