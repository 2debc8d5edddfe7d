import process from 'node:process';

import {
  deleteTrash as deleteRequest,
  listTrash as listRequest,
  restoreTrash
} from '../../protocol';
import type { FreedSpace } from '../../protocol';
import type { Environment } from '../environment';
import { deleteToTrashSetting, deleteTrash, listTrash, restoreTrash as restore } from '../trash';
import type { TrashPlace } from '../trash';
import { toFailure } from './failures';
import type { EngineHost } from './host';
import type { Page } from './page';

/** More say nothing new, and there may be hundreds of thousands. */
const MOST_LEFT = 500;

export function serveTrash(page: Page, host: EngineHost): void {
  page.answerPlain(listRequest, async signal => {
    const { environment } = await host.engine();
    const place = placeOf(environment);
    const folders = await listTrash(place, { signal });
    return {
      folders: folders.map(({ top: _, unreadable: __, hasRests: ___, ...folder }) => folder),
      setting: await deleteToTrashSetting(environment.host, place),
      unreadable: folders.reduce((sum, { unreadable }) => sum + unreadable, 0)
    };
  });
  page.answer(restoreTrash, async ({ items }) => {
    const { environment } = await host.engine();
    const { restored, failed } = await restore(placeOf(environment), items);
    return { restored, failed: failed.map(({ id, error }) => ({ id, failure: toFailure(error) })) };
  });
  page.answer(deleteRequest, async ({ items, folders, token }, signal): Promise<FreedSpace> => {
    const { environment } = await host.engine();
    // A page names exactly what its user has seen, also of others.
    const listed = await listTrash(placeOf(environment), { signal });
    const all = listed.flatMap(folder => folder.items);
    const expectedBytes =
      sum(all.filter(({ id }) => items?.includes(id))) +
      sum(listed.filter(({ path }) => folders?.includes(path)));
    const foreign = listed
      .filter(
        folder =>
          folders?.includes(folder.path) || folder.items.some(({ id }) => items?.includes(id))
      )
      .map(({ path }) => path);
    const { removed, freedBytes, availableBefore, availableAfter, left } = await deleteTrash(
      placeOf(environment),
      { items, folders, foreign },
      { signal, onProgress: news => token !== undefined && page.tellStorage(token, news) }
    );
    return {
      removed,
      expectedBytes,
      freedBytes,
      availableBefore,
      availableAfter,
      left: left.slice(0, MOST_LEFT).map(({ path, error }) => ({ path, failure: toFailure(error) }))
    };
  });
}

function placeOf({ root, homeDirectory }: Environment): TrashPlace {
  return { root, homeDirectory, env: process.env, userId: process.getuid?.() };
}

function sum(sized: readonly { bytes: number }[]): number {
  return sized.reduce((total, { bytes }) => total + bytes, 0);
}
