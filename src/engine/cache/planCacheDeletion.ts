import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

import { BedrockImportError } from '../errors';
import { measureRemoval } from '../removal';
import type { CachedContent } from './cachedContents';
import { namesBelow } from './cacheFiles';
import type {
  CachedRepository,
  CachedRestFile,
  CachedRevision,
  HubCacheScan
} from './scanHubCache';

/** What is to be deleted from the hub's cache; nothing else is touched. */
export interface CacheDeletionPlan {
  /** Absolute, in the order in which they are deleted; all lie in the real folder of the cache. */
  paths: string[];
  /** What that frees. */
  bytes: number;
  /** Sentences on what it means. */
  notes: string[];
}

/**
 * What deleting repositories (`models--org--name`), revisions (`…@commit`), `incomplete:…` and
 * `unreferenced:…` of a repository, or `unreferenced` of the shared store would do.
 *
 * @throws BedrockImportError `CACHE_ENTRY_UNKNOWN` (usage)
 */
export async function planHubDeletion(
  scan: HubCacheScan,
  ids: readonly string[],
  options: { signal?: AbortSignal } = {}
): Promise<CacheDeletionPlan> {
  const paths = new Set<string>();
  const notes: string[] = [];
  const revisions = new Set<string>();
  const whole = new Set<string>();
  for (const id of ids) {
    const repository = scan.repositories.find(found => found.id === id);
    const revision = scan.repositories
      .flatMap(found => found.revisions)
      .find(found => found.id === id);
    if (repository !== undefined) {
      whole.add(repository.id);
      repository.revisions.forEach(found => revisions.add(found.id));
    } else if (revision !== undefined) {
      revisions.add(revision.id);
    } else {
      restsOf(scan, id).forEach(path => paths.add(path));
    }
  }
  for (const repository of scan.repositories) {
    if (whole.has(repository.id) || isEmptied(repository, revisions)) {
      addRepository(scan, repository, paths);
      if (repository.incomplete.some(({ inUse }) => inUse)) {
        notes.push(`A download of ${repository.name} may be on its way: it would fail.`);
      }
    } else {
      const gone = repository.revisions.filter(({ id }) => revisions.has(id));
      await addRevisions(repository, gone, paths);
    }
  }
  const held = [...revisions].flatMap(id => contentsOf(scan, id));
  let kept = 0;
  for (const content of new Set(held)) {
    if ([...content.holders].every(holder => revisions.has(holder))) {
      [...content.paths, ...scan.contents.linksOf(content)].forEach(path => paths.add(path));
      [...content.paths].filter(isShared(scan)).forEach(path => {
        // What newer clients keep beside a file of the shared store.
        paths.add(`${path}.refs`);
        paths.add(`${path}.lock`);
      });
    } else {
      kept += 1;
    }
  }
  if (kept > 0) {
    notes.push(
      `${kept} ${kept === 1 ? 'file stays, because it is' : 'files stay, because they are'} used by other revisions or repositories.`
    );
  }
  const outer = await onlyThere(withoutInner([...paths]));
  return { paths: outer, bytes: await measureRemoval(outer, options), notes };
}

/** Whether an id is one that only the hub's cache can have, whether it is there or not. */
export function isOfHubCache(id: string): boolean {
  return /^(?:models|datasets|spaces)--|^(?:incomplete|unreferenced)(?::|$)/.test(id);
}

function restsOf(scan: HubCacheScan, id: string): string[] {
  if (id === 'unreferenced') {
    return idle(scan.unreferenced).flatMap(path => [path, `${path}.refs`, `${path}.lock`]);
  }
  const [kind, name] = id.split(':', 2);
  const repository = scan.repositories.find(found => found.id === name);
  if (repository !== undefined && kind === 'unreferenced') {
    return idle(repository.unreferenced);
  }
  if (repository !== undefined && kind === 'incomplete') {
    return idle(repository.incomplete);
  }
  throw new BedrockImportError({
    code: 'CACHE_ENTRY_UNKNOWN',
    message: `${id} is nothing that the cache holds now.`,
    subject: scan.path,
    nextStep: 'List the cache again: it may have been deleted meanwhile.',
    kind: 'usage'
  });
}

function idle(files: readonly CachedRestFile[]): string[] {
  return files.filter(({ inUse }) => !inUse).map(({ path }) => path);
}

/** A repository without revisions and without downloads on their way is of no use to anybody. */
function isEmptied(repository: CachedRepository, gone: ReadonlySet<string>): boolean {
  return (
    repository.revisions.length > 0 &&
    repository.revisions.every(({ id }) => gone.has(id)) &&
    repository.incomplete.length === 0
  );
}

function addRepository(scan: HubCacheScan, repository: CachedRepository, paths: Set<string>): void {
  paths.add(repository.path);
  paths.add(join(scan.real, '.locks', repository.id));
}

async function addRevisions(
  repository: CachedRepository,
  gone: readonly CachedRevision[],
  paths: Set<string>
): Promise<void> {
  // A ref that leads nowhere would be an error, a revision without a ref is none: refs go first.
  for (const { refs } of gone) {
    refs.forEach(ref => paths.add(join(repository.path, 'refs', ...ref.split('/'))));
  }
  for (const { path, commit } of gone) {
    paths.add(path);
    const unlisted = join(repository.path, '.no_exist', commit);
    if ((await namesBelow(unlisted)).length > 0) {
      paths.add(unlisted);
    }
  }
}

function contentsOf(scan: HubCacheScan, revisionId: string): CachedContent[] {
  const revision = scan.repositories
    .flatMap(({ revisions }) => revisions)
    .find(({ id }) => id === revisionId);
  return [...(revision?.contents ?? [])];
}

function isShared(scan: HubCacheScan): (path: string) => boolean {
  return path => path.startsWith(join(scan.real, 'blobs', '/'));
}

function withoutInner(paths: readonly string[]): string[] {
  const all = new Set(paths);
  return paths.filter(path => {
    const parts = path.split('/');
    return !parts.some(
      (_, index) => index > 1 && index < parts.length && all.has(parts.slice(0, index).join('/'))
    );
  });
}

async function onlyThere(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map(path =>
      lstat(path).then(
        () => true,
        () => false
      )
    )
  );
  return paths.filter((_, index) => there[index]);
}
