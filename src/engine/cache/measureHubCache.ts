import { realpath } from 'node:fs/promises';

import { deviceOf, measureFolder } from '../disk';

export interface HubCacheSize {
  /** As the variables name it. */
  path: string;
  exists: boolean;
  /** What it takes from the disk that it lies on. */
  bytes: number;
  /** Whether it takes room from the JupyterLab root, or would if it were made. */
  onRootDisk: boolean;
  /** Files and folders that could not be looked at. */
  unreadable: number;
}

/**
 * What the Hugging Face cache holds. A cache that is a link is measured where the link leads, because
 * that is where the tools keep it; no link in it is followed.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function measureHubCache(options: {
  /** Absolute; see `hubCacheFolder`. */
  folder: string;
  /** JupyterLab's root folder. */
  root: string;
  signal?: AbortSignal;
}): Promise<HubCacheSize> {
  const { folder, root, signal } = options;
  const [device, rootDevice, real] = await Promise.all([
    deviceOf(folder),
    deviceOf(root),
    realpath(folder).catch(() => folder)
  ]);
  const size = await measureFolder(real, { signal });
  return {
    path: folder,
    exists: size !== undefined,
    bytes: size?.bytes ?? 0,
    onRootDisk: device !== undefined && device === rootDevice,
    unreadable: size?.unreadable ?? 0
  };
}
