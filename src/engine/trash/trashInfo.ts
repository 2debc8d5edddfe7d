import { isAbsolute, resolve } from 'node:path';

/** What a `.trashinfo` file says of an item. */
export interface TrashInfo {
  /** Absolute. */
  originalPath?: string;
  /** Local time without a zone: `2026-11-28T10:15:00`. */
  deletedAt?: string;
  /** Why the original path cannot be used. */
  problem?: string;
}

/**
 * Reads the text of a `.trashinfo` file (freedesktop.org, "The Trash specification"): the first `Path` and
 * the first `DeletionDate` of the group count.
 *
 * @param top The folder that paths are relative to; missing for the trash of the home, where they are
 * absolute.
 */
export function readTrashInfo(text: string, top: string | undefined): TrashInfo {
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''));
  if (lines[0]?.trim() !== '[Trash Info]') {
    return { problem: 'Its .trashinfo file cannot be understood.' };
  }
  const valueOf = (key: string): string | undefined =>
    lines.find(line => line.startsWith(`${key}=`))?.slice(key.length + 1);
  const date = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.exec(valueOf('DeletionDate') ?? '')?.[0];
  return { ...(date === undefined ? {} : { deletedAt: date }), ...pathOf(valueOf('Path'), top) };
}

function pathOf(value: string | undefined, top: string | undefined): TrashInfo {
  if (value === undefined || value === '') {
    return { problem: 'The trash does not say where it was.' };
  }
  let path: string;
  try {
    path = decodeURIComponent(value);
  } catch {
    return { problem: 'Its original path is not valid UTF-8.' };
  }
  if (path.includes('\0') || path.split('/').includes('..')) {
    return { problem: 'Its original path leads out of its folder.' };
  }
  if (top === undefined && !isAbsolute(path)) {
    return { problem: 'Its original path is not absolute.' };
  }
  // Also without a slash at the end, which stands for what a link leads to.
  const originalPath = resolve(top ?? '/', path);
  return isBelow(originalPath, top ?? '/')
    ? { originalPath }
    : { problem: 'Its original path is not on this volume.' };
}

/** Whether an absolute, normal path lies in a folder, by its name. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`) && path !== folder;
}
