import { lstat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

import { codeOf } from '../disk';
import { outside } from './removalErrors';

/**
 * Whether a path lies in a folder, by its name and in truth: no folder on the way from there is a link.
 *
 * @returns the number of the device of `within`
 * @throws BedrockImportError `REMOVAL_OUTSIDE`
 */
export async function requireInside(path: string, within: string): Promise<bigint> {
  const way = relative(within, path);
  if (!isAbsolute(within) || way === '' || isAbsolute(way) || way.split(sep).includes('..')) {
    throw outside(path, within, 'the path does not lie in the folder');
  }
  const top = await lstat(within, { bigint: true }).catch((error: unknown) => {
    throw outside(path, within, `${within} cannot be looked at (${codeOf(error) ?? 'error'})`);
  });
  if (!top.isDirectory()) {
    throw outside(path, within, `${within} is a link or no folder`);
  }
  let folder = within;
  for (const name of way.split(sep).slice(0, -1)) {
    folder = join(folder, name);
    const facts = await lstat(folder, { bigint: true }).catch(() => undefined);
    if (facts !== undefined && (!facts.isDirectory() || facts.dev !== top.dev)) {
      throw outside(path, within, `${folder} is a link or another volume`);
    }
  }
  return top.dev;
}
