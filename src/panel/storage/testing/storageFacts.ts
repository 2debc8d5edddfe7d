import {
  abortUploads,
  deleteCache,
  deleteTrash,
  getDisk,
  listBuckets,
  listCache,
  listLargeFiles,
  listTrash,
  listUploads,
  planCacheDeletion,
  restoreTrash
} from '../../../protocol';
import type {
  CachedRepository,
  CacheListing,
  DiskSpace,
  FreedSpace,
  LargeFiles,
  TrashContents,
  TrashItem,
  TrashListing,
  UploadListing
} from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';

export const ROOT = '/home/ec2-user/SageMaker';

export const DISK: DiskSpace = {
  path: ROOT,
  fileSystemType: 'ext4',
  totalBytes: 100e9,
  usedBytes: 88e9,
  availableBytes: 7e9,
  reservedBytes: 5e9,
  unlimited: false,
  inodes: { total: 6_553_600, used: 1_000, available: 6_552_600 }
};

export function trashItem(name: string, changes: Partial<TrashItem> = {}): TrashItem {
  return {
    id: `own/${name}`,
    name,
    kind: 'file',
    originalPath: `${ROOT}/models/${name}`,
    deletedAt: '2026-11-28T10:15:00',
    bytes: 1e9,
    ...changes
  };
}

export function trashFolder(
  items: readonly TrashItem[],
  changes: Partial<TrashContents> = {}
): TrashContents {
  return {
    path: `${ROOT}/.Trash-1000`,
    foreign: false,
    userId: 1000,
    onRootDisk: true,
    totalItems: items.length,
    bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
    items: [...items],
    ...changes
  };
}

export const FOREIGN = trashFolder([trashItem('root.bin', { id: 'root/root.bin', bytes: 4e9 })], {
  path: `${ROOT}/.Trash-0`,
  foreign: true,
  userId: 0
});

export const TRASH: TrashListing = {
  folders: [
    trashFolder([
      trashItem('weights.safetensors', { bytes: 3e9 }),
      trashItem('notes', { kind: 'folder', bytes: 2e6 }),
      trashItem('lost.bin', {
        originalPath: undefined,
        deletedAt: undefined,
        bytes: 5e8,
        problem: 'The trash does not say where it was.'
      })
    ])
  ],
  setting: {
    name: 'delete_to_trash',
    line: 'c.FileContentsManager.delete_to_trash = False',
    file: '~/.jupyter/jupyter_server_config.py',
    meaning: 'The file browser moves what is deleted to the trash, where it still takes its room.'
  },
  unreadable: 0
};

export function freed(changes: Partial<FreedSpace> = {}): FreedSpace {
  return {
    removed: 12,
    expectedBytes: 3e9,
    freedBytes: 3e9,
    availableBefore: 7e9,
    availableAfter: 10e9,
    left: [],
    ...changes
  };
}

export function repository(
  name: string,
  changes: Partial<CachedRepository> = {}
): CachedRepository {
  return {
    id: `model ${name}`,
    type: 'model',
    name,
    path: `${ROOT}/hf/hub/models--${name.replace('/', '--')}`,
    bytes: 12e9,
    freesBytes: 12e9,
    lastModified: '2026-11-20T08:00:00.000Z',
    revisions: [
      {
        id: `model ${name} aaaa`,
        commit: 'aaaaaaaaaaaabbbbbbbbbbbbccccccccccccdddd',
        refs: ['main'],
        files: 14,
        bytes: 8e9,
        freesBytes: 4e9,
        lastModified: '2026-11-20T08:00:00.000Z'
      },
      {
        id: `model ${name} eeee`,
        commit: 'eeeeeeeeeeeebbbbbbbbbbbbccccccccccccdddd',
        refs: [],
        files: 1,
        bytes: 8e9,
        freesBytes: 3e9
      }
    ],
    ...changes
  };
}

export const CACHE: CacheListing = {
  hub: {
    path: `${ROOT}/hf/hub`,
    exists: true,
    onRootDisk: true,
    bytes: 20e9,
    sharedStore: false,
    repositories: [
      repository('maker/large'),
      repository('maker/data', { type: 'dataset', bytes: 8e9, freesBytes: 8e9 })
    ],
    warnings: []
  },
  leftovers: [
    {
      id: 'pip',
      kind: 'pip',
      label: 'Downloads of pip',
      paths: ['/home/ec2-user/.cache/pip'],
      bytes: 1e9,
      onRootDisk: false,
      meaning: 'Packages are downloaded again when they are installed anew.'
    },
    {
      id: 'incomplete',
      kind: 'incomplete',
      label: 'Incomplete downloads of maker/large',
      paths: [`${ROOT}/hf/hub/models--maker--large/blobs/one.incomplete`],
      bytes: 2e9,
      onRootDisk: true,
      meaning: 'The download begins anew.',
      problem: 'A download writes to it right now.'
    },
    {
      id: 'checkpoints',
      kind: 'checkpoints',
      label: 'Checkpoints of notebooks',
      paths: [`${ROOT}/.ipynb_checkpoints`, `${ROOT}/analysis/.ipynb_checkpoints`],
      bytes: 5e7,
      onRootDisk: true,
      meaning: 'The last saved state of each notebook, to which it could be reverted.'
    }
  ],
  unreadable: 0
};

export const UPLOADS: UploadListing = {
  bucket: 'my-bucket',
  uploads: [
    {
      key: 'models/one.safetensors',
      uploadId: 'upload-1',
      initiatedAt: '2026-11-01T08:00:00.000Z',
      parts: 40,
      bytes: 4e9
    },
    {
      key: 'models/two.safetensors',
      uploadId: 'upload-2',
      initiatedAt: '2026-11-28T08:00:00.000Z',
      parts: 1,
      bytes: 1e8,
      job: { id: 'job', title: 'Import maker/large as large', state: 'paused' }
    }
  ],
  bytes: 4.1e9,
  more: false
};

export const LARGE: LargeFiles = {
  files: [
    { path: `${ROOT}/data/big.parquet`, bytes: 9e9, modifiedAt: '2026-11-01T08:00:00.000Z' },
    {
      path: `${ROOT}/analysis/plots.ipynb`,
      bytes: 3e8,
      modifiedAt: '2026-11-02T08:00:00.000Z',
      outputBytes: 2.9e8
    },
    { path: `${ROOT}/.local/lib.so`, bytes: 2e8, modifiedAt: '2026-11-03T08:00:00.000Z' }
  ],
  looked: 12_345,
  unreadable: 2
};

/** An engine that answers everything that the tab asks for. */
export function storageEngine(trash: TrashListing = TRASH): FakeEngine {
  return new FakeEngine()
    .onQuery(getDisk, () => DISK)
    .onQuery(listTrash, () => trash)
    .onQuery(listCache, () => CACHE)
    .onQuery(listBuckets, () => ['my-bucket', 'another-bucket'])
    .on(listUploads, ({ bucket }) => ({ ...UPLOADS, bucket }))
    .on(listLargeFiles, () => LARGE)
    .on(restoreTrash, ({ items }) => ({
      restored: items.map(id => ({ id, path: `${ROOT}/models/${id.split('/')[1] ?? ''}` })),
      failed: []
    }))
    .on(deleteTrash, () => freed())
    .on(planCacheDeletion, ({ ids }) => ({
      paths: ids.map(id => `${ROOT}/hf/${id}`),
      bytes: 4e9,
      notes: ['It is downloaded again when it is used.']
    }))
    .on(deleteCache, () => freed({ expectedBytes: 4e9, freedBytes: 4e9 }))
    .on(abortUploads, ({ uploads }) => ({ aborted: uploads.length, bytes: 4e9, failed: [] }));
}
