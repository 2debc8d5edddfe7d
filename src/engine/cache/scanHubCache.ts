import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { bytesOnDisk, inTurns, measureFolder } from '../disk';
import { throwIfCancelled } from '../errors';
import { CachedContents } from './cachedContents';
import type { CachedContent } from './cachedContents';
import { foldersIn, isFolder, namesBelow, readSmall, refsOf } from './cacheFiles';
import { isLocked } from './lockedFile';
import { repositoryOf } from './repositoryNames';
import type { CachedType } from './repositoryNames';

/** Written to so recently, a file may be one that a download writes to now. */
const IN_USE_MS = 10 * 60_000;
/** huggingface_hub 2.4.0, `utils/_shared_blobs.py`. */
const STORE_MARK = '.huggingface-shared-blobs';
const STORE_VERSION = '1\n';

/** A file that nothing needs, unless a download is about to. */
export interface CachedRestFile {
  path: string;
  bytes: number;
  modifiedMs: number;
  /** It was written to minutes ago, its lock is held, or a download of its repository is on its way. */
  inUse: boolean;
}

export interface CachedRevision {
  /** `models--org--name@commit` */
  id: string;
  commit: string;
  /** Branches and tags. */
  refs: string[];
  path: string;
  files: number;
  /** All its files, also those that other revisions use. */
  bytes: number;
  /** What deleting it alone frees, without what its folders take. */
  freesBytes: number;
  modifiedMs?: number;
  contents: Set<CachedContent>;
}

export interface CachedRepository {
  /** The name of its folder. */
  id: string;
  type: CachedType;
  name: string;
  path: string;
  /** All its files, also those that other repositories use. */
  bytes: number;
  freesBytes: number;
  modifiedMs?: number;
  revisions: CachedRevision[];
  /** Files of its blobs that no revision uses. */
  unreferenced: CachedRestFile[];
  /** Downloads that did not end, with what belongs to them. */
  incomplete: CachedRestFile[];
}

export interface HubCacheScan {
  /** As the variables name it. */
  path: string;
  /** Where it really is; nothing outside of it is ever deleted. */
  real: string;
  exists: boolean;
  /** What all of it takes from the disk. */
  bytes: number;
  sharedStore: boolean;
  repositories: CachedRepository[];
  /** Files of the shared store that no repository uses. */
  unreferenced: CachedRestFile[];
  contents: CachedContents;
  warnings: string[];
  unreadable: number;
}

/**
 * What the Hugging Face cache holds, by repository and revision, and what deleting each really frees: files
 * that revisions share are counted once, also those that newer clients keep in one store for all
 * repositories. No link is followed out of the cache.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function scanHubCache(
  folder: string,
  options: { signal?: AbortSignal; now?: number } = {}
): Promise<HubCacheScan> {
  const real = await realpath(folder).catch(() => folder);
  const size = await measureFolder(real, options);
  const scan: HubCacheScan = {
    path: folder,
    real,
    exists: size !== undefined,
    bytes: size?.bytes ?? 0,
    sharedStore: false,
    repositories: [],
    unreferenced: [],
    contents: new CachedContents(real),
    warnings: [],
    unreadable: size?.unreadable ?? 0
  };
  const now = options.now ?? Date.now();
  const named: { id: string; type: CachedType; name: string }[] = [];
  for (const id of await foldersIn(real)) {
    const found = repositoryOf(id);
    if (found !== undefined) {
      named.push({ id, ...found });
    } else if (/^(?:models|datasets|spaces)--/.test(id)) {
      scan.warnings.push(`${join(real, id)} has a name that no repository can have.`);
    }
  }
  scan.repositories = await inTurns(
    named,
    one => scanRepository(scan, one, now),
    () => throwIfCancelled(options.signal, folder)
  );
  await scanSharedStore(scan, now);
  // Only now it is known who uses what.
  scan.repositories.forEach(sumUp);
  return scan;
}

async function scanRepository(
  scan: HubCacheScan,
  named: { id: string; type: CachedType; name: string },
  now: number
): Promise<CachedRepository> {
  const path = join(scan.real, named.id);
  const repository: CachedRepository = {
    ...named,
    path,
    bytes: 0,
    freesBytes: 0,
    revisions: [],
    unreferenced: [],
    incomplete: []
  };
  for (const name of ['refs', 'blobs', 'snapshots']) {
    const facts = await lstat(join(path, name)).catch(() => undefined);
    if (facts?.isDirectory() === false) {
      scan.warnings.push(`${join(path, name)} is no folder; nothing is looked for behind it.`);
    }
  }
  const refs = await refsOf(join(path, 'refs'));
  for (const commit of await foldersIn(join(path, 'snapshots'))) {
    const revision = await scanRevision(scan, repository, commit);
    revision.refs = refs.filter(ref => ref.commit === commit).map(({ name }) => name);
    repository.revisions.push(revision);
  }
  await scanBlobs(scan, repository, now);
  return repository;
}

async function scanRevision(
  scan: HubCacheScan,
  repository: CachedRepository,
  commit: string
): Promise<CachedRevision> {
  const path = join(repository.path, 'snapshots', commit);
  const id = `${repository.id}@${commit}`;
  const contents = new Set<CachedContent>();
  const files = await namesBelow(path);
  const found = await inTurns(files, file => scan.contents.follow(file, repository.path));
  found.forEach((content, index) => {
    if (content === 'outside') {
      scan.warnings.push(
        `${files[index]} leads out of its repository; where to is neither counted nor deleted.`
      );
    } else if (content === 'missing') {
      scan.warnings.push(
        `${files[index]} leads to a file that is not there: the revision is incomplete.`
      );
    } else {
      content.holders.add(id);
      contents.add(content);
    }
  });
  return { id, commit, refs: [], path, files: files.length, bytes: 0, freesBytes: 0, contents };
}

/** Blobs that a revision uses are known already; what is left is incomplete or of no use. */
async function scanBlobs(
  scan: HubCacheScan,
  repository: CachedRepository,
  now: number
): Promise<void> {
  const folder = join(repository.path, 'blobs');
  if (!(await isFolder(folder))) {
    return;
  }
  const names = await readdir(folder).catch((): string[] => []);
  const looked = await inTurns(names, name =>
    lstat(join(folder, name), { bigint: true }).catch(() => undefined)
  );
  for (const [index, name] of names.entries()) {
    const path = join(folder, name);
    const facts = looked[index];
    if (facts === undefined || facts.isDirectory()) {
      continue;
    }
    const bytes = bytesOnDisk(facts);
    const modifiedMs = Number(facts.mtimeMs);
    if (/\.(?:incomplete|ranges|tmp)$/.test(name)) {
      const lock = join(scan.real, '.locks', repository.id, `${name.split('.', 1)[0]}.lock`);
      const inUse = now - modifiedMs < IN_USE_MS || (await isLocked(lock));
      repository.incomplete.push({ path, bytes, modifiedMs, inUse });
      continue;
    }
    const content = facts.isFile()
      ? scan.contents.add(path, facts)
      : await scan.contents.follow(path, repository.path);
    const used = typeof content === 'object' && content.holders.size > 0;
    if (!used) {
      const inUse = now - modifiedMs < IN_USE_MS;
      repository.unreferenced.push({ path, bytes, modifiedMs, inUse });
    }
  }
  // A download that goes on names its files in a revision only when they are complete.
  if (repository.incomplete.some(({ inUse }) => inUse)) {
    repository.unreferenced.forEach(file => (file.inUse = true));
  }
}

/**
 * `blobs/<2 hexadecimal digits>/<hash>`, of huggingface_hub 2 and newer. A folder of that name without its
 * mark is none, and belongs to somebody else.
 */
async function scanSharedStore(scan: HubCacheScan, now: number): Promise<void> {
  const store = join(scan.real, 'blobs');
  if ((await readSmall(join(store, STORE_MARK))) !== STORE_VERSION) {
    return;
  }
  scan.sharedStore = true;
  for (const prefix of await foldersIn(store)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) {
      continue;
    }
    for (const name of await readdir(join(store, prefix)).catch((): string[] => [])) {
      const path = join(store, prefix, name);
      const facts = await lstat(path, { bigint: true }).catch(() => undefined);
      if (facts?.isFile() !== true || !/^[0-9a-f]{64}$/.test(name)) {
        continue;
      }
      const content = scan.contents.add(path, facts);
      if (content.holders.size === 0) {
        const { bytes, modifiedMs } = content;
        const inUse = now - modifiedMs < IN_USE_MS || (await isLocked(`${path}.lock`));
        scan.unreferenced.push({ path, bytes, modifiedMs, inUse });
      }
    }
  }
}

function sumUp(repository: CachedRepository): void {
  const own = new Set(repository.revisions.map(({ id }) => id));
  const contents = new Set<CachedContent>();
  for (const revision of repository.revisions) {
    revision.contents.forEach(content => contents.add(content));
    revision.bytes = sum([...revision.contents]);
    revision.freesBytes = sum(
      [...revision.contents].filter(content => goesWith(content, new Set([revision.id])))
    );
    revision.modifiedMs = latest([...revision.contents]);
  }
  const rest = sum(repository.unreferenced) + sum(repository.incomplete);
  repository.bytes = sum([...contents]) + rest;
  repository.freesBytes = sum([...contents].filter(content => goesWith(content, own))) + rest;
  repository.modifiedMs = latest([...contents]);
}

/** Whether nobody else uses it, in the cache or by a name outside of it. */
export function goesWith(content: CachedContent, revisions: ReadonlySet<string>): boolean {
  return (
    [...content.holders].every(holder => revisions.has(holder)) &&
    content.names <= content.paths.size
  );
}

function sum(sized: readonly { bytes: number }[]): number {
  return sized.reduce((total, { bytes }) => total + bytes, 0);
}

function latest(contents: readonly CachedContent[]): number | undefined {
  return contents.length === 0
    ? undefined
    : Math.max(...contents.map(({ modifiedMs }) => modifiedMs));
}
