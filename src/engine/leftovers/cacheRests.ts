import type { HubCacheScan } from '../cache';

/** What is of no use in the hub's cache itself, as it is listed beside other leftovers. */
export interface CacheRest {
  id: string;
  kind: 'incomplete' | 'unreferenced';
  label: string;
  paths: string[];
  bytes: number;
  meaning: string;
  problem?: string;
}

export function cacheRests(scan: HubCacheScan): CacheRest[] {
  const rests: CacheRest[] = [];
  for (const { id, name, incomplete, unreferenced } of scan.repositories) {
    const rest = idle(incomplete);
    const busy = [...incomplete, ...unreferenced].filter(({ inUse }) => inUse);
    const unused = idle(unreferenced);
    if (rest.length > 0) {
      rests.push({
        ...restOf(`incomplete:${id}`, rest),
        kind: 'incomplete',
        label: `Incomplete downloads of ${name}`,
        meaning: 'A download of this model begins with these files anew.'
      });
    }
    if (busy.length > 0) {
      rests.push({
        ...restOf(`busy:${id}`, busy),
        kind: 'incomplete',
        label: `Downloads of ${name} on their way`,
        meaning: 'They are written to, or were minutes ago.',
        problem: 'A download may be writing to them.'
      });
    }
    if (unused.length > 0) {
      rests.push({
        ...restOf(`unreferenced:${id}`, unused),
        kind: 'unreferenced',
        label: `Files of ${name} that no revision uses`,
        meaning: 'Nothing uses them; a revision that needs them again downloads them.'
      });
    }
  }
  const unused = idle(scan.unreferenced);
  if (unused.length > 0) {
    rests.push({
      ...restOf('unreferenced', unused),
      kind: 'unreferenced',
      label: 'Files of the shared store that no model uses',
      meaning: 'Nothing uses them; a model that needs them again downloads them.'
    });
  }
  return rests;
}

function idle<T extends { inUse: boolean }>(files: readonly T[]): T[] {
  return files.filter(({ inUse }) => !inUse);
}

function restOf(
  id: string,
  files: readonly { path: string; bytes: number }[]
): { id: string; paths: string[]; bytes: number } {
  return {
    id,
    paths: files.map(({ path }) => path),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0)
  };
}
