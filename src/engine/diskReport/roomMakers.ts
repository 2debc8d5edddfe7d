import { hubCacheFolder, measureHubCache } from '../cache';
import { deviceOf } from '../disk';
import { measureTrash } from '../trash';

/** Where to look for what can be freed. */
export interface RoomPlace {
  /** JupyterLab's root folder. */
  root: string;
  homeDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
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

/** Less is not worth a line. */
const LEAST_BYTES = 1_000_000;

/**
 * What could be freed on the disk of a folder, the largest first. Nothing is changed.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function findRoomMakers(
  folder: string,
  place: RoomPlace,
  { signal }: { signal?: AbortSignal } = {}
): Promise<RoomMaker[]> {
  const { root } = place;
  const trash = await measureTrash(place, { signal });
  const cache = await measureHubCache({ folder: hubCacheFolder(place), root, signal });
  const found: RoomMaker[] = [
    ...trash.folders.map(({ path, bytes }) => ({
      id: 'trash' as const,
      label: 'Deleted files',
      path,
      bytes
    })),
    {
      id: 'cache',
      label: 'Models of the Hugging Face cache, which can be downloaded again',
      path: cache.path,
      bytes: cache.bytes
    }
  ];
  const device = await deviceOf(folder);
  const onDisk = await Promise.all(
    found.map(async maker => (await deviceOf(maker.path)) === device)
  );
  return found
    .filter(({ bytes }, index) => onDisk[index] === true && bytes >= LEAST_BYTES)
    .sort((a, b) => b.bytes - a.bytes);
}
