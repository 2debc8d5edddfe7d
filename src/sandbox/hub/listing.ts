import { lfsPointer, textBlobOid } from './fileHashes';
import { folderOid, type Repository } from './repository';
import type { Told } from './settings';

/** An entry of the hub's tree answer; lies of a test pass through, so sizes may be anything. */
export interface TreeEntry {
  type: 'file' | 'directory';
  oid: Told;
  size: Told;
  path: string;
  lfs?: { oid: Told; size: Told; pointerSize: number };
  lastCommit?: { id: string; title: string; date: string };
}

/** All files and folders of a repository, sorted by path, with the lies that a test asked for. */
export function listTree(repository: Repository, expand = false): TreeEntry[] {
  const { listing, lie } = repository.settings;
  const lastCommit = expand
    ? {
        id: repository.commitSha,
        title: COMMIT_TITLE,
        date: repository.lastModified.toISOString()
      }
    : undefined;
  if (listing !== undefined) {
    return listing.map(entry => ({
      ...toEntry(entry.path, entry.size ?? 0, entry.oid ?? textBlobOid(entry.path), entry.sha256),
      lastCommit
    }));
  }
  const entries = repository.files.map(file => {
    const told = lie[file.path];
    return toEntry(
      told?.path ?? file.path,
      told?.size ?? file.sizeBytes,
      told?.oid ?? file.gitOid,
      told?.sha256 ?? file.sha256
    );
  });
  const folders = new Set<string>();
  for (const { path } of repository.files) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      folders.add(path.slice(0, at));
    }
  }
  for (const path of folders) {
    entries.push({ type: 'directory', oid: folderOid(repository, path), size: 0, path });
  }
  return entries
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(entry => (lastCommit === undefined ? entry : { ...entry, lastCommit }));
}

export const COMMIT_TITLE = 'Upload the model';

function toEntry(path: string, size: Told, oid: Told, sha256?: Told): TreeEntry {
  return {
    type: 'file',
    oid,
    size,
    path,
    ...(sha256 === undefined
      ? {}
      : {
          lfs: {
            oid: sha256,
            size,
            pointerSize: lfsPointer(String(sha256), Number(size)).length
          }
        })
  };
}

/** Entries right inside `folder`, or at any depth with `recursive`. */
export function insideFolder(
  entries: readonly TreeEntry[],
  folder: string,
  recursive: boolean
): TreeEntry[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return entries.filter(
    entry =>
      entry.path.startsWith(prefix) && (recursive || !entry.path.slice(prefix.length).includes('/'))
  );
}
