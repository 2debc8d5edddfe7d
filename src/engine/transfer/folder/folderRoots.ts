import { basename, dirname, relative, isAbsolute, sep } from 'node:path';

/** A folder with all links on the way to it resolved, and where links in it may lead. */
export interface FolderRoots {
  /** As it was given. */
  shown: string;
  real: string;
  /** Of a snapshot in a Hugging Face cache: where its links lead, and whose it is. */
  cache?: { blobs: string; modelId: string };
}

/** Layout of huggingface_hub: `models--org--name/snapshots/<commit>/…` links to `models--org--name/blobs`. */
export function folderRoots(shown: string, real: string): FolderRoots {
  const snapshots = dirname(real);
  const repository = dirname(snapshots);
  const name = /^models--(.+)$/.exec(basename(repository))?.[1];
  // Such an id is the hub's; a folder that is only called like it is named as others are.
  return name !== undefined && /^[\w.-]+$/.test(name) && basename(snapshots) === 'snapshots'
    ? {
        shown,
        real,
        cache: { blobs: `${repository}${sep}blobs`, modelId: name.replaceAll('--', '/') }
      }
    : { shown, real };
}

/** Whether a path whose links are resolved is one that a model's file may have. */
export function liesInside(roots: FolderRoots, real: string): boolean {
  return (
    isBelow(roots.real, real) || (roots.cache !== undefined && isBelow(roots.cache.blobs, real))
  );
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
