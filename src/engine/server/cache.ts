import process from 'node:process';

import { deleteCache, listCache, planCacheDeletion } from '../../protocol';
import type { CachedRepository as RepositoryFact, Leftover as LeftoverFact } from '../../protocol';
import { hubCacheFolder, scanHubCache } from '../cache';
import type { CachedRepository, HubCacheScan } from '../cache';
import { deviceOf } from '../disk';
import type { Environment } from '../environment';
import { cacheRests, deleteStorage, findLeftovers, planStorageDeletion } from '../leftovers';
import type { StorageDeletionPlan, StoragePlace } from '../leftovers';
import { toFailure } from './failures';
import type { EngineHost } from './host';
import type { Page } from './page';

/** So many paths of a question that a page has asked; of more, it is asked again what it would do. */
const MOST_PLANS = 20;

export function serveCache(page: Page, host: EngineHost): void {
  // Exactly what a user was shown is what may be deleted.
  const shown = new Map<string, StorageDeletionPlan>();
  page.answerPlain(listCache, async signal => {
    const { environment } = await host.engine();
    const place = placeOf(environment);
    const scan = await scanHubCache(place.cacheFolder, { signal });
    const onRootDisk = (await deviceOf(scan.real)) === (await deviceOf(place.root));
    const others = await findLeftovers(place, { signal });
    const rests = cacheRests(scan).map(rest => ({ ...rest, onRootDisk }));
    return {
      hub: {
        path: scan.path,
        exists: scan.exists,
        onRootDisk,
        bytes: scan.bytes,
        sharedStore: scan.sharedStore,
        repositories: scan.repositories.map(toRepository),
        warnings: scan.warnings
      },
      leftovers: [...rests, ...others.map(toLeftover)],
      unreadable: scan.unreadable
    };
  });
  page.answer(planCacheDeletion, async ({ ids }, signal) => {
    const { environment } = await host.engine();
    const plan = await planStorageDeletion(placeOf(environment), ids, { signal });
    shown.set(keyOf(ids), plan);
    [...shown.keys()].slice(0, -MOST_PLANS).forEach(key => shown.delete(key));
    return plan;
  });
  page.answer(deleteCache, async ({ ids, token }, signal) => {
    const { environment } = await host.engine();
    const place = placeOf(environment);
    const plan = shown.get(keyOf(ids)) ?? (await planStorageDeletion(place, ids, { signal }));
    shown.delete(keyOf(ids));
    const {
      bytes: _,
      left,
      ...freed
    } = await deleteStorage(place, ids, plan, {
      signal,
      onProgress: news => token !== undefined && page.tellStorage(token, news)
    });
    return {
      ...freed,
      expectedBytes: plan.bytes,
      left: left.map(({ path, error }) => ({ path, failure: toFailure(error) }))
    };
  });
}

function keyOf(ids: readonly string[]): string {
  return JSON.stringify([...ids].sort());
}

function placeOf({ root, homeDirectory, stateDirectory }: Environment): StoragePlace {
  const { env } = process;
  const cacheFolder = hubCacheFolder({ env, homeDirectory });
  return { root, homeDirectory, stateDirectory, env, cacheFolder };
}

function toRepository(repository: HubCacheScan['repositories'][number]): RepositoryFact {
  const { id, type, name, path, bytes, freesBytes, modifiedMs, revisions } = repository;
  return {
    ...{ id, type, name, path, bytes, freesBytes, lastModified: isoOf(modifiedMs) },
    revisions: revisions.map(toRevision)
  };
}

function toRevision(
  revision: CachedRepository['revisions'][number]
): RepositoryFact['revisions'][number] {
  const { id, commit, refs, files, bytes, freesBytes, modifiedMs } = revision;
  return { id, commit, refs, files, bytes, freesBytes, lastModified: isoOf(modifiedMs) };
}

function toLeftover({ within: _, ...leftover }: LeftoverFact & { within: string }): LeftoverFact {
  return leftover;
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
