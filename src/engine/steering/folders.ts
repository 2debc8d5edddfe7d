import { dirname, join } from 'node:path';

import { expandFolder, hubCacheFolder, hubHomeFolder } from '../cache';
import { deviceOf, readDiskUsage, storageKind } from '../disk';
import type { SteeringPlace, SteeringVariable, Variables } from './types';

/** Where the tools that read a variable write in an environment, whether it is set or not. */
export function folderOf(
  name: SteeringVariable,
  env: Variables,
  { environment }: SteeringPlace
): string {
  const source = { env, homeDirectory: environment.homeDirectory };
  const hubHome = hubHomeFolder(source);
  const named = (own: string | undefined, otherwise: string): string =>
    own ? expandFolder(own, source) : otherwise;
  switch (name) {
    case 'HF_HOME':
      return hubHome;
    case 'HF_HUB_CACHE':
      return hubCacheFolder(source);
    case 'HF_XET_CACHE':
      return named(env.HF_XET_CACHE, join(hubHome, 'xet'));
    case 'HF_ASSETS_CACHE':
      return named(env.HF_ASSETS_CACHE, join(hubHome, 'assets'));
    case 'HF_TOKEN_PATH':
      return dirname(tokenFile(env, environment.homeDirectory));
    case 'TMPDIR':
      // Python's order ("tempfile" in its library reference); others know only the first.
      return named(env.TMPDIR || env.TEMP || env.TMP, '/tmp');
    case 'TRANSFORMERS_CACHE':
    case 'HUGGINGFACE_HUB_CACHE':
      return named(env[name], hubCacheFolder(source));
  }
}

/** Where the login of the hub is kept. */
export function tokenFile(env: Variables, homeDirectory: string): string {
  const source = { env, homeDirectory };
  return env.HF_TOKEN_PATH
    ? expandFolder(env.HF_TOKEN_PATH, source)
    : join(hubHomeFolder(source), 'token');
}

/** Tells whether a folder lies on the disk of the JupyterLab root, or on one of the network. */
export async function lastingFolders(
  place: SteeringPlace
): Promise<(folder: string) => Promise<boolean>> {
  const { root } = place.environment;
  const rootDevice = await deviceOf(root);
  return async folder => {
    if ((await deviceOf(folder)) === rootDevice) {
      return true;
    }
    // Somebody has mounted it to keep files there: EFS or FSx.
    const usage = await readDiskUsage(folder).catch(() => undefined);
    return usage !== undefined && storageKind(usage) === 'network';
  };
}
