import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { HostKind } from '../environment';

/** The server setting that makes the file browser delete for good. */
export interface TrashSetting {
  name: string;
  line: string;
  file: string;
  meaning: string;
}

const NAME = 'FileContentsManager.delete_to_trash';
const LINE = `c.${NAME} = False`;

/**
 * What ends the moving to the trash, where the file browser of this host does so: Jupyter Server moves to
 * the trash by default, the images of Studio have it switched off.
 *
 * @returns undefined where there is nothing to set
 */
export async function deleteToTrashSetting(
  host: HostKind,
  { homeDirectory }: { homeDirectory: string }
): Promise<TrashSetting | undefined> {
  if (host === 'studio-space' || host === 'unified-studio') {
    return undefined;
  }
  const file = join(homeDirectory, '.jupyter', 'jupyter_server_config.py');
  const text = await readFile(file, 'utf8').catch(() => '');
  const isSet = text
    .split('\n')
    .some(line => /^\s*c\.FileContentsManager\.delete_to_trash\s*=\s*False\b/.test(line));
  if (isSet) {
    return undefined;
  }
  const lasts =
    host === 'notebook-instance'
      ? ' The home folder does not outlast a stop of the instance: put it into the lifecycle configuration, to be written at every start.'
      : '';
  return {
    name: NAME,
    line: LINE,
    file,
    meaning: `To have the file browser delete for good, without a way back, set this and restart the Jupyter server.${lasts}`
  };
}
