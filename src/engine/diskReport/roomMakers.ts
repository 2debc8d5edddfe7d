import { hubCacheFolder, scanHubCache } from '../cache';
import { deviceOf } from '../disk';
import { cacheRests, findLeftovers } from '../leftovers';
import { measureTrash } from '../trash';

/** Where to look for what can be freed. */
export interface RoomPlace {
  /** JupyterLab's root folder. */
  root: string;
  homeDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Where jobs are kept. */
  stateDirectory: string;
  /** Without it, only the trash of the home folder has a name. */
  userId?: number;
}

/** Something that can be deleted to make room. */
export interface RoomMaker {
  id: 'trash' | 'cache' | 'leftover';
  /** For people. */
  label: string;
  path: string;
  /** What deleting it frees. */
  bytes: number;
}

export interface RoomOptions {
  /** `org/name` of a model that is wanted: what the cache has of it is not to go. */
  keepModel?: string;
  signal?: AbortSignal;
}

/** Less is not worth a line. */
const LEAST_BYTES = 1_000_000;

/**
 * What could be freed on the disk of a folder, item by item, the largest first: the user's trash, models
 * of the Hugging Face cache, incomplete downloads, and what other tools have left. Nothing is changed.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function findRoomMakers(
  folder: string,
  place: RoomPlace,
  options: RoomOptions = {}
): Promise<RoomMaker[]> {
  const found = [
    ...(await inTrash(place, options)),
    ...(await inCache(place, options)),
    ...(await leftBehind(place, options))
  ].filter(({ bytes }) => bytes >= LEAST_BYTES);
  const device = await deviceOf(folder);
  const onDisk = await Promise.all(
    found.map(async ({ path }) => (await deviceOf(path)) === device)
  );
  return found.filter((_, index) => onDisk[index]).sort((a, b) => b.bytes - a.bytes);
}

async function inTrash(place: RoomPlace, options: { signal?: AbortSignal }): Promise<RoomMaker[]> {
  const { folders } = await measureTrash(place, options);
  return folders.map(({ path, bytes }) => ({ id: 'trash', label: 'Deleted files', path, bytes }));
}

async function inCache(place: RoomPlace, options: RoomOptions): Promise<RoomMaker[]> {
  const { keepModel } = options;
  const scan = await scanHubCache(hubCacheFolder(place), options);
  const isKept = (type: string, name: string): boolean => type === 'model' && name === keepModel;
  const repositories = scan.repositories.filter(({ type, name }) => !isKept(type, name));
  return [
    ...repositories.map(({ type, name, path, freesBytes }): RoomMaker => ({
      id: 'cache',
      label: `${type} ${name} of the Hugging Face cache`,
      path,
      bytes: freesBytes
    })),
    ...usable(cacheRests({ ...scan, repositories }))
  ];
}

async function leftBehind(
  place: RoomPlace,
  options: { signal?: AbortSignal }
): Promise<RoomMaker[]> {
  return usable(await findLeftovers(place, options));
}

/** What is in use now frees nothing. */
function usable(
  list: readonly { label: string; paths: string[]; bytes: number; problem?: string }[]
): RoomMaker[] {
  return list
    .filter(({ problem }) => problem === undefined)
    .map(({ label, paths: [path = ''], bytes }) => ({ id: 'leftover', label, path, bytes }));
}
