import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * The number of the device that holds a path, or would hold it if it were made; links are followed.
 * Missing where nothing on the way can be looked at.
 */
export async function deviceOf(path: string): Promise<bigint | undefined> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const device = await stat(folder, { bigint: true }).then(
      ({ dev }) => dev,
      () => undefined
    );
    if (device !== undefined || folder === dirname(folder)) {
      return device;
    }
  }
}

/**
 * The topmost folder of the file system that holds a folder. One mounted into another place of the same
 * device is not told apart from it, which is how the tools that write the trash see it, too.
 *
 * @throws the error of the file system when the folder cannot be looked at
 */
export async function mountPointOf(folder: string): Promise<string> {
  let point = await realpath(folder);
  const { dev } = await stat(point, { bigint: true });
  for (;;) {
    const parent = dirname(point);
    if (parent === point || (await deviceOf(parent)) !== dev) {
      return point;
    }
    point = parent;
  }
}
