import {
  abortUploads,
  deleteCache,
  deleteTrash,
  listBuckets,
  listTrash,
  listUploads,
  planCacheDeletion,
  restoreTrash,
  storageNews
} from '../../protocol';
import type { FreedSpace, TrashListing } from '../../protocol';
import { failing } from '../testing/failing';
import type { FakeEngine } from '../testing/fakeEngine';
import type { IPreferences } from '../tokens';
import { StorageModel } from './storageModel';
import { CACHE, DISK, freed, storageEngine, TRASH, UPLOADS } from './testing/storageFacts';

const ALL = ['trash/list', 'cache/list', 'machine/disk'];
const [FOLDER] = TRASH.folders;
const [WEIGHTS, NOTES] = FOLDER!.items;
const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

let engine: FakeEngine;
let model: StorageModel;

beforeEach(() => {
  jest.useFakeTimers();
  engine = storageEngine();
  model = new StorageModel(engine, null);
});

afterEach(() => {
  model.dispose();
  jest.useRealTimers();
});

function sent(): string[] {
  return engine.sent.map(({ method }) => method);
}

async function sentWithin(ms: number): Promise<string[]> {
  engine.sent.length = 0;
  await jest.advanceTimersByTimeAsync(ms);
  return sent();
}

async function open(): Promise<void> {
  model.setShown(true);
  engine.becomeReady();
  await jest.advanceTimersByTimeAsync(100);
}

/** Leaves `method` without an answer; the answer is given by what is returned. */
function pending<T>(): { promise: Promise<T>; answer: (value: T) => void } {
  let answer = (_: T): void => undefined;
  const promise = new Promise<T>(resolve => (answer = resolve));
  return { promise, answer };
}

describe('what the tab knows', () => {
  it('is asked for when the engine is ready and the tab in sight, not before', async () => {
    expect(await sentWithin(120_000)).toEqual([]);
    engine.becomeReady();
    expect(await sentWithin(120_000)).toEqual([]);
    model.setShown(true);
    await jest.advanceTimersByTimeAsync(100);
    expect(sent()).toEqual(ALL);
    expect(model.disk.value).toBe(DISK);
    expect(model.trash.value).toBe(TRASH);
    expect(model.cache.value).toBe(CACHE);
    expect(engine.connects).toBe(0);
  });

  it('asks for buckets, uploads and large files only when it is told to', async () => {
    await open();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(sent()).not.toContain('import/buckets');
    expect(sent()).not.toContain('uploads/list');
    expect(sent()).not.toContain('disk/largeFiles');
    await model.lookForLargeFiles();
    expect(engine.sent.at(-1)).toEqual({ method: 'disk/largeFiles', params: { limit: 200 } });
  });

  it('keeps the numbers of the disk new while somebody looks', async () => {
    await open();
    expect(await sentWithin(60_000)).toEqual(['machine/disk', 'machine/disk']);
    model.setShown(false);
    expect(await sentWithin(600_000)).toEqual([]);
  });

  it('lists again when it is shown again, but no large trash all the time', async () => {
    const slow = pending<TrashListing>();
    engine.onQuery(listTrash, () => slow.promise);
    await open();
    await jest.advanceTimersByTimeAsync(5_000);
    slow.answer(TRASH);
    await jest.advanceTimersByTimeAsync(50_000);
    model.setShown(false);
    model.setShown(true);
    expect(await sentWithin(100)).not.toContain('trash/list');
    await jest.advanceTimersByTimeAsync(60_000);
    engine.sent.length = 0;
    model.setShown(true);
    expect(sent()).toContain('trash/list');
    expect(sent()).toContain('cache/list');
  });

  it('keeps each failure by itself, and what was known before', async () => {
    await open();
    engine.onQuery(listTrash, failing('TRASH_UNREADABLE'));
    model.refresh();
    await jest.advanceTimersByTimeAsync(0);
    expect(model.trash.state).toMatchObject({ failure: { code: 'TRASH_UNREADABLE' } });
    expect(model.trash.value).toBe(TRASH);
    expect(model.cache.state.status).toBe('ready');
  });

  it('is asked for again after each reconnection, also what was under way', async () => {
    engine.onQuery(listTrash, () => new Promise<never>(() => undefined));
    await open();
    engine.setState({ status: 'connecting' });
    expect(model.trash.state.status).toBe('none');
    expect(await sentWithin(120_000)).toEqual([]);
    engine.onQuery(listTrash, () => TRASH);
    engine.becomeReady();
    await jest.advanceTimersByTimeAsync(100);
    expect(sent()).toEqual(ALL);
    expect(model.trash.value).toBe(TRASH);
    expect(model.cache.value).toBe(CACHE);
  });

  it('ends with its requests, its clock and its listening', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    jest.spyOn(engine, 'query').mockImplementation((_, options) => {
      signals.push(options?.signal);
      return new Promise(() => undefined);
    });
    await open();
    const changed = jest.fn();
    model.stateChanged.connect(changed);
    model.dispose();
    model.dispose();
    expect(signals).toHaveLength(3);
    expect(signals.every(signal => signal?.aborted)).toBe(true);
    engine.becomeReady();
    expect(await sentWithin(120_000)).toEqual([]);
    expect(changed).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the trash', () => {
  it('puts items back, and looks at what is left', async () => {
    await open();
    engine.sent.length = 0;
    await model.restore([WEIGHTS!, NOTES!]);
    expect(engine.sent[0]).toEqual({
      method: 'trash/restore',
      params: { items: [WEIGHTS!.id, NOTES!.id] }
    });
    expect(sent().slice(1).sort()).toEqual(['machine/disk', 'trash/list']);
    expect(model.work.outcomeOf('trash')).toMatchObject({
      type: 'restored',
      names: new Map([
        [WEIGHTS!.id, 'weights.safetensors'],
        [NOTES!.id, 'notes']
      ])
    });
  });

  it('deletes nothing before it was confirmed, and nothing when it was not', async () => {
    await open();
    engine.sent.length = 0;
    await model.deleteFromTrash([WEIGHTS!], async () => {
      expect(sent()).toEqual([]);
      return false;
    });
    expect(sent()).toEqual([]);
    await model.deleteFromTrash([WEIGHTS!], yes);
    expect(engine.sent[0]).toEqual({
      method: 'trash/delete',
      params: { items: [WEIGHTS!.id] }
    });
    expect(sent().slice(1).sort()).toEqual(['machine/disk', 'trash/list']);
    expect(model.work.outcomeOf('trash')).toEqual({ type: 'freed', freed: freed(), items: 1 });
  });

  it('is emptied of what is confirmed, which is what is there now', async () => {
    await open();
    const later = { ...FOLDER!, totalItems: 99, bytes: 99e9 };
    const other = { ...FOLDER!, path: '/other/.Trash-1000' };
    engine.onQuery(listTrash, () => ({ ...TRASH, folders: [later, other] }));
    engine.sent.length = 0;
    const confirm = jest.fn(no);
    await model.emptyTrash([FOLDER!.path], confirm);
    expect(confirm).toHaveBeenCalledWith([later]);
    expect(sent()).toEqual(['trash/list']);
    await model.emptyTrash([FOLDER!.path], async () => {
      expect(sent()).not.toContain('trash/delete');
      return true;
    });
    expect(engine.sent.find(({ method }) => method === 'trash/delete')?.params).toEqual({
      folders: [FOLDER!.path]
    });
  });

  it('asks nobody when the folder has gone meanwhile', async () => {
    await open();
    engine.onQuery(listTrash, () => ({ ...TRASH, folders: [] }));
    const confirm = jest.fn(yes);
    await model.emptyTrash([FOLDER!.path], confirm);
    expect(confirm).not.toHaveBeenCalled();
    expect(sent()).not.toContain('trash/delete');
  });

  it('tells how far a deletion is, which can be stopped', async () => {
    let signal: AbortSignal | undefined;
    await open();
    engine.onWithNews(deleteTrash, storageNews, (_, given, onNews) => {
      signal = given;
      onNews({ removed: 7, bytes: 1e9 });
      return new Promise<FreedSpace>((_resolve, reject) =>
        given?.addEventListener('abort', () => reject(new Error('ended')))
      );
    });
    const done = model.deleteFromTrash([WEIGHTS!], yes);
    await jest.advanceTimersByTimeAsync(0);
    expect(model.work.doing).toEqual({
      section: 'trash',
      status: 'running',
      expectedBytes: 3e9,
      news: { removed: 7, bytes: 1e9 },
      stopping: false
    });
    model.refresh();
    model.work.stop();
    await done;
    expect(signal?.aborted).toBe(true);
    expect(model.work.outcomeOf('trash')).toEqual({
      type: 'stopped',
      news: { removed: 7, bytes: 1e9 }
    });
  });

  it('gives a deletion up when the tab is closed, and begins none after that', async () => {
    let signal: AbortSignal | undefined;
    await open();
    engine.onWithNews(deleteTrash, storageNews, (_, given) => {
      signal = given;
      return new Promise<FreedSpace>(() => undefined);
    });
    void model.deleteFromTrash([WEIGHTS!], yes);
    await jest.advanceTimersByTimeAsync(0);
    model.dispose();
    expect(signal?.aborted).toBe(true);

    model = new StorageModel(engine, null);
    await open();
    const asked = pending<boolean>();
    const done = model.deleteFromTrash([WEIGHTS!], () => asked.promise);
    model.dispose();
    engine.sent.length = 0;
    asked.answer(true);
    await done;
    expect(sent()).toEqual([]);
  });

  it('keeps why it could not be done, and shows what is left', async () => {
    await open();
    engine.on(deleteTrash, failing('TRASH_CHANGED')).on(restoreTrash, failing('DISK_FULL'));
    await model.deleteFromTrash([WEIGHTS!], yes);
    expect(model.work.outcomeOf('trash')).toMatchObject({ failure: { code: 'TRASH_CHANGED' } });
    expect(sent().at(-1)).toBe('trash/list');
    await model.restore([WEIGHTS!]);
    expect(model.work.outcomeOf('trash')).toMatchObject({ failure: { code: 'DISK_FULL' } });
  });

  it('is looked at again after a connection was lost while it was emptied', async () => {
    await open();
    engine.on(deleteTrash, () => {
      engine.setState({ status: 'connecting' });
      return failing('CONNECTION_LOST')();
    });
    await model.deleteFromTrash([WEIGHTS!], yes);
    expect(model.work.doing).toBeUndefined();
    expect(model.work.outcomeOf('trash')).toMatchObject({ failure: { code: 'CONNECTION_LOST' } });
    engine.sent.length = 0;
    engine.becomeReady();
    expect(sent()).toContain('trash/list');
  });
});

describe('caches and leftovers', () => {
  it('are deleted after the plan of the engine was confirmed', async () => {
    await open();
    engine.sent.length = 0;
    const confirm = jest.fn(no);
    await model.deleteCached('cache', ['a', 'b'], confirm);
    expect(engine.sent).toEqual([{ method: 'cache/planDelete', params: { ids: ['a', 'b'] } }]);
    expect(confirm).toHaveBeenCalledWith(expect.objectContaining({ bytes: 4e9 }));
    await model.deleteCached('leftovers', ['a'], yes);
    expect(sent().slice(1, 3)).toEqual(['cache/planDelete', 'cache/delete']);
    expect(sent().slice(3).sort()).toEqual(['cache/list', 'machine/disk']);
    expect(model.work.outcomeOf('leftovers')?.type).toBe('freed');
    expect(model.work.outcomeOf('cache')).toBeUndefined();
  });

  it('stay when no plan can be made', async () => {
    await open();
    engine.on(planCacheDeletion, failing('IN_USE')).on(deleteCache, () => freed());
    const confirm = jest.fn(yes);
    await model.deleteCached('cache', ['a'], confirm);
    expect(confirm).not.toHaveBeenCalled();
    expect(sent()).not.toContain('cache/delete');
    expect(model.work.outcomeOf('cache')).toMatchObject({ failure: { code: 'IN_USE' } });
  });
});

describe('unfinished uploads', () => {
  it('are looked for in the bucket of the settings, or another one', async () => {
    model.dispose();
    model = new StorageModel(engine, {
      bucket: 'of-settings',
      ready: Promise.resolve()
    } as IPreferences);
    await open();
    await model.uploads.open();
    await model.uploads.open();
    expect(model.uploads.bucket).toBe('of-settings');
    expect(model.uploads.buckets.value).toEqual(['my-bucket', 'another-bucket']);
    expect(sent().filter(method => method === 'import/buckets')).toHaveLength(1);
    expect(sent()).not.toContain('uploads/list');
    await model.uploads.look();
    expect(engine.sent.at(-1)).toEqual({
      method: 'uploads/list',
      params: { bucket: 'of-settings' }
    });
    model.uploads.choose('another-bucket');
    expect(model.uploads.listing.status).toBe('none');
    await model.uploads.look();
    expect(model.uploads.listing.value?.bucket).toBe('another-bucket');
  });

  it('can be looked for by name where buckets may not be listed', async () => {
    await open();
    engine.onQuery(listBuckets, failing('DENIED'));
    await model.uploads.open();
    expect(model.uploads.buckets).toMatchObject({ failure: { code: 'DENIED' } });
    await model.uploads.look();
    expect(sent()).not.toContain('uploads/list');
    model.uploads.choose(' typed ');
    await model.uploads.look();
    expect(engine.sent.at(-1)?.params).toEqual({ bucket: 'typed' });
    engine.onQuery(listBuckets, () => ['a']);
    await model.uploads.open();
    expect(model.uploads.buckets.value).toEqual(['a']);
  });

  it('are thrown away only when it was confirmed, in the bucket that they were listed in', async () => {
    await open();
    model.uploads.choose('my-bucket');
    await model.uploads.look();
    engine.sent.length = 0;
    await model.abortUploads(UPLOADS.uploads, no);
    expect(sent()).toEqual([]);
    await model.abortUploads(UPLOADS.uploads.slice(0, 1), yes);
    expect(engine.sent[0]).toEqual({
      method: 'uploads/abort',
      params: {
        bucket: 'my-bucket',
        uploads: [{ key: 'models/one.safetensors', uploadId: 'upload-1' }]
      }
    });
    expect(sent()).toContain('uploads/list');
    expect(model.work.outcomeOf('uploads')?.type).toBe('aborted');
  });

  it('say why they could not be listed or thrown away', async () => {
    await open();
    model.uploads.choose('my-bucket');
    await model.uploads.look();
    engine.on(abortUploads, failing('DENIED')).on(listUploads, failing('NO_BUCKET'));
    await model.abortUploads(UPLOADS.uploads, yes);
    expect(model.work.outcomeOf('uploads')).toMatchObject({ failure: { code: 'DENIED' } });
    expect(model.uploads.listing).toMatchObject({ failure: { code: 'NO_BUCKET' } });
  });
});
