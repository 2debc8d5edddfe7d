import type { Poll } from '@lumino/polling';

import {
  abortUploads,
  deleteCache,
  deleteTrash,
  getDisk,
  listCache,
  listLargeFiles,
  listTrash,
  planCacheDeletion,
  planDiskSpace,
  restoreTrash,
  storageNews
} from '../../protocol';
import type {
  CacheDeletion,
  CacheListing,
  DiskReport,
  DiskSpace,
  LargeFiles,
  TrashChoice,
  TrashContents,
  TrashItem,
  TrashListing,
  UnfinishedUpload
} from '../../protocol';
import { createPoll, EngineModel, Loader } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine, IPreferences } from '../tokens';
import { BucketUploads } from './bucketUploads';
import { readSize } from './readSize';
import { StorageWork } from './storageWork';
import type { SectionName, Step } from './storageWork';

/** How old the numbers of the disk may be while somebody looks at them. */
const POLL_MS = 30_000;
/** Trash and cache are listed again by themselves for no more than a twentieth of the time. */
const PAUSE_SHARE = 20;
const LARGE_FILES = 200;

/** What takes room, and what can be done about it. It asks for nothing before somebody looks. */
export class StorageModel extends EngineModel {
  readonly disk = this.loader<DiskSpace>();
  readonly trash = this.loader<TrashListing>();
  readonly cache = this.loader<CacheListing>();
  readonly largeFiles = this.loader<LargeFiles>();
  readonly room = this.loader<DiskReport>();
  readonly uploads: BucketUploads;
  readonly work: StorageWork;
  private readonly poll: Poll;
  private readonly dueAt = { trash: 0, cache: 0 };
  private shown = false;

  constructor(engine: IEngine, preferences: IPreferences | null) {
    super(engine);
    this.uploads = new BucketUploads(engine, preferences, () => this.changed());
    this.work = new StorageWork(
      () => this.changed(),
      section => this.lookAfter(section)
    );
    this.poll = createPoll('storage', POLL_MS, () => this.loadDisk());
    engine.stateChanged.connect(this.onEngineState, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.poll.dispose();
    super.dispose();
    this.work.stop();
    this.uploads.dispose();
    this.listed.forEach(loader => loader.cancel());
    this.largeFiles.cancel();
    this.room.cancel();
  }

  /** Says whether the tab is in sight. */
  setShown(shown: boolean): void {
    this.shown = shown;
    this.look();
  }

  /** Looks again at everything that is shown by itself. */
  refresh(): void {
    if (this.isReady && this.work.doing === undefined) {
      void this.loadDisk();
      void this.loadTrash();
      void this.loadCache();
    }
  }

  async loadTrash(): Promise<void> {
    const startedAt = Date.now();
    const found = await this.trash.load(signal => this.engine.query(listTrash, { signal }));
    if (found !== undefined) {
      this.dueAt.trash = pauseFrom(startedAt);
    }
  }

  async loadCache(): Promise<void> {
    const startedAt = Date.now();
    const found = await this.cache.load(signal => this.engine.query(listCache, { signal }));
    if (found !== undefined) {
      this.dueAt.cache = pauseFrom(startedAt);
    }
  }

  /** Looks at every file under the root. */
  async lookForLargeFiles(): Promise<void> {
    await this.largeFiles.load(signal =>
      this.engine.request(listLargeFiles, { limit: LARGE_FILES }, { signal })
    );
  }

  /** Whether a model of the hub, or a size such as `61 GB`, would fit. */
  async lookForRoom(wish: string): Promise<void> {
    const sizeBytes = readSize(wish);
    await this.room.load(signal =>
      this.engine.request(
        planDiskSpace,
        sizeBytes === undefined ? { model: wish } : { sizeBytes },
        {
          signal
        }
      )
    );
  }

  /** Puts items back where they were; what is there already stays. */
  restore(items: readonly TrashItem[]): Promise<void> {
    return this.work.do('trash', async ({ begin, signal }) => {
      begin();
      const restored = await this.engine.request(
        restoreTrash,
        { items: items.map(({ id }) => id) },
        { signal }
      );
      return {
        type: 'restored',
        restored,
        names: new Map(items.map(({ id, name }) => [id, name]))
      };
    });
  }

  /** Deletes single items for good, after `confirm` has shown them. */
  deleteFromTrash(items: readonly TrashItem[], confirm: () => Promise<boolean>): Promise<void> {
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    return this.removeTrash({ items: items.map(({ id }) => id) }, async ({ ask }) =>
      (await ask(confirm)) ? { bytes, items: items.length } : undefined
    );
  }

  /** Deletes all that is in whole folders for good, after `confirm` has shown what that is now. */
  emptyTrash(
    paths: readonly string[],
    confirm: (folders: TrashContents[]) => Promise<boolean>
  ): Promise<void> {
    return this.removeTrash({ folders: [...paths] }, async ({ ask, signal }) => {
      // Something may have been deleted since the list was made, and would go with the rest.
      const { folders } = await this.engine.query(listTrash, { signal });
      const concerned = folders.filter(({ path }) => paths.includes(path));
      return concerned.length > 0 && (await ask(() => confirm(concerned)))
        ? {
            bytes: concerned.reduce((sum, { bytes }) => sum + bytes, 0),
            items: concerned.reduce((sum, { totalItems }) => sum + totalItems, 0)
          }
        : undefined;
    });
  }

  /** Deletes parts of the cache or leftovers, after `confirm` has shown what exactly that is. */
  deleteCached(
    section: 'cache' | 'leftovers',
    ids: readonly string[],
    confirm: (plan: CacheDeletion) => Promise<boolean>
  ): Promise<void> {
    return this.work.do(section, async ({ ask, begin, onNews, signal }) => {
      const plan = await this.engine.request(planCacheDeletion, { ids: [...ids] }, { signal });
      if (!(await ask(() => confirm(plan)))) {
        return undefined;
      }
      begin(plan.bytes);
      const freed = await this.engine.requestWithNews(
        deleteCache,
        { ids: [...ids] },
        { news: storageNews, onNews, signal }
      );
      return { type: 'freed', freed };
    });
  }

  /** Throws unfinished uploads away, after `confirm` has shown them. */
  abortUploads(
    uploads: readonly UnfinishedUpload[],
    confirm: () => Promise<boolean>
  ): Promise<void> {
    const bucket = this.uploads.listing.value?.bucket;
    return this.work.do('uploads', async ({ ask, begin, signal }) => {
      if (bucket === undefined || !(await ask(confirm))) {
        return undefined;
      }
      begin();
      const aborted = await this.engine.request(
        abortUploads,
        { bucket, uploads: uploads.map(({ key, uploadId }) => ({ key, uploadId })) },
        { signal }
      );
      return { type: 'aborted', aborted };
    });
  }

  /** @param agree says how much is to go; undefined when nothing is */
  private removeTrash(
    choice: TrashChoice,
    agree: (step: Step) => Promise<{ bytes: number; items: number } | undefined>
  ): Promise<void> {
    return this.work.do('trash', async step => {
      const { begin, onNews, signal } = step;
      const agreed = await agree(step);
      if (agreed === undefined) {
        return undefined;
      }
      begin(agreed.bytes);
      const freed = await this.engine.requestWithNews(deleteTrash, choice, {
        news: storageNews,
        onNews,
        signal
      });
      return { type: 'freed', freed, items: agreed.items };
    });
  }

  private get listed(): Loader<unknown>[] {
    return [this.disk, this.trash, this.cache];
  }

  private look(): void {
    if (!this.shown || !this.isReady) {
      void this.poll.stop();
      return;
    }
    const now = Date.now();
    if (now >= this.dueAt.trash && this.trash.state.status !== 'loading') {
      void this.loadTrash();
    }
    if (now >= this.dueAt.cache && this.cache.state.status !== 'loading') {
      void this.loadCache();
    }
    void this.poll.start();
  }

  private async loadDisk(): Promise<void> {
    await this.disk.load(signal => this.engine.query(getDisk, { signal }));
  }

  private async lookAfter(section: SectionName): Promise<void> {
    if (!this.isReady || this.isDisposed) {
      return;
    }
    await Promise.all([
      this.loadDisk(),
      section === 'trash'
        ? this.loadTrash()
        : section === 'uploads'
          ? this.uploads.look()
          : this.loadCache()
    ]);
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status !== 'ready') {
      this.dueAt.trash = 0;
      this.dueAt.cache = 0;
      // The engine that was asked answers no more.
      this.listed.forEach(loader => loader.cancel());
    }
    this.look();
    this.changed();
  }
}

/** When something may be listed again by itself that was asked for at a time and is answered now. */
function pauseFrom(startedAt: number): number {
  const endedAt = Date.now();
  return endedAt + (endedAt - startedAt) * PAUSE_SHARE;
}
