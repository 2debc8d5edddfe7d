import type { BigIntStats } from 'node:fs';
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

import { bytesOnDisk } from '../disk';

/** A snapshot's link leads to a blob, and that of newer clients on to the shared store. */
const MOST_LINKS = 3;

/** The bytes of one or more files in the cache, under all names that they have there. */
export interface CachedContent {
  bytes: number;
  /** Names on the file system, of which some may lie outside of the cache. */
  names: number;
  modifiedMs: number;
  /** Paths of the content itself, without links. */
  paths: Set<string>;
  /** Links and files by which revisions are found that use it. */
  holders: Set<string>;
}

/** Where each name in a cache leads, and who uses which content. */
export class CachedContents {
  private readonly byInode = new Map<string, CachedContent>();
  /** Links that are passed on the way to content, by the content. */
  private readonly linksTo = new Map<CachedContent, Set<string>>();

  private readonly realFolders = new Map<string, Promise<boolean>>();

  constructor(private readonly hub: string) {}

  get all(): CachedContent[] {
    return [...this.byInode.values()];
  }

  /** Links in the cache, other than those of snapshots, that lead to a content. */
  linksOf(content: CachedContent): string[] {
    return [...(this.linksTo.get(content) ?? [])];
  }

  /** A file that lies in the cache under this name. */
  add(path: string, facts: BigIntStats): CachedContent {
    const key = `${facts.dev}:${facts.ino}`;
    const content = this.byInode.get(key) ?? {
      bytes: bytesOnDisk(facts),
      names: Number(facts.nlink),
      modifiedMs: Number(facts.mtimeMs),
      paths: new Set<string>(),
      holders: new Set<string>()
    };
    content.paths.add(path);
    this.byInode.set(key, content);
    return content;
  }

  /**
   * The content that a name of a repository leads to: a file of its snapshots or blobs, or of the shared
   * store.
   *
   * @param repository The folder of the repository.
   * @returns `outside` for a link that leads to anything else, `missing` for one that leads nowhere
   */
  async follow(path: string, repository: string): Promise<CachedContent | 'outside' | 'missing'> {
    const places = [
      join(repository, 'snapshots', sep),
      join(repository, 'blobs', sep),
      join(this.hub, 'blobs', sep)
    ];
    const passed: string[] = [];
    let current = path;
    if (!(await this.isReal(dirname(path)))) {
      return 'outside';
    }
    for (let links = 0; links <= MOST_LINKS; links++) {
      const facts = await lstat(current, { bigint: true }).catch(() => undefined);
      if (facts === undefined) {
        return 'missing';
      }
      if (!facts.isSymbolicLink()) {
        if (!facts.isFile()) {
          return 'outside';
        }
        const content = this.add(current, facts);
        const known = this.linksTo.get(content) ?? new Set();
        passed.slice(1).forEach(link => known.add(link));
        this.linksTo.set(content, known);
        return content;
      }
      passed.push(current);
      current = resolve(dirname(current), await readlink(current));
      // To delete a repository must not be to delete what belongs to another.
      const isInside = places.some(place => current.startsWith(place));
      if (!isInside || !(await this.isReal(dirname(current)))) {
        return 'outside';
      }
    }
    return 'outside';
  }

  /** Whether no folder on the way is a link; what is not there is found missing later. */
  private isReal(folder: string): Promise<boolean> {
    const known =
      this.realFolders.get(folder) ??
      realpath(folder).then(
        real => real === folder,
        () => true
      );
    this.realFolders.set(folder, known);
    return known;
  }
}
