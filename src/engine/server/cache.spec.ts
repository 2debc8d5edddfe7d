import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { deleteCache, listCache, planCacheDeletion, storageNews } from '../../protocol';
import type { StorageNews } from '../../protocol';
import { bundleEngine, startBundle } from '../cli/testing/bundledCommand';
import { openPage } from './testing/testPage';
import type { TestPage } from './testing/testPage';

jest.setTimeout(60_000);

const COMMIT = 'c'.repeat(40);
const HASH = 'a'.repeat(64);

let root: string;
let hub: string;
let child: ChildProcessWithoutNullStreams;
let page: TestPage;

beforeAll(() => bundleEngine());

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cache-page-'));
  hub = join(root, '.cache', 'huggingface', 'hub');
  makeModel('models--org--name');
  child = startBundle(['serve', '--cache-dir', root], {
    env: {
      HOME: root,
      JUPYTER_SERVER_ROOT: root,
      BEDROCK_IMPORT_STATE_DIR: join(root, '.bedrock-import')
    }
  });
  child.stderr.resume();
  const reader = createInterface({ input: child.stdout });
  page = await openPage({
    send: line => child.stdin.write(`${line}\n`),
    onLine: listener => {
      reader.on('line', listener);
      return () => reader.off('line', listener);
    }
  });
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

function makeModel(folder: string): void {
  const repository = join(hub, folder);
  const snapshot = join(repository, 'snapshots', COMMIT);
  mkdirSync(join(repository, 'blobs'), { recursive: true });
  mkdirSync(join(repository, 'refs'));
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(repository, 'blobs', HASH), 'x'.repeat(100_000));
  writeFileSync(join(repository, 'refs', 'main'), COMMIT);
  symlinkSync(`../../blobs/${HASH}`, join(snapshot, 'weights'));
}

it('lists, says what would go, deletes it with news, and frees what it said', async () => {
  const { connection } = page;
  const listing = await connection.sendRequest(listCache);
  expect(listing.hub).toMatchObject({
    ...{ path: hub, exists: true, onRootDisk: true, sharedStore: false, warnings: [] },
    repositories: [
      {
        ...{ id: 'models--org--name', type: 'model', name: 'org/name' },
        ...{ bytes: 102_400, freesBytes: 102_400 },
        revisions: [{ id: `models--org--name@${COMMIT}`, refs: ['main'], files: 1 }]
      }
    ]
  });
  const ids = ['models--org--name'];
  const plan = await connection.sendRequest(planCacheDeletion, { ids });
  expect(plan.paths).toEqual([join(hub, 'models--org--name')]);
  expect(plan.bytes).toBeGreaterThanOrEqual(102_400);
  expect(existsSync(join(hub, 'models--org--name'))).toBe(true);
  const news: StorageNews[] = [];
  connection.onProgress(storageNews, 'one', piece => {
    news.push(piece);
  });
  const freed = await connection.sendRequest(deleteCache, { ids, token: 'one' });
  expect(freed).toMatchObject({ removed: 8, expectedBytes: plan.bytes, left: [] });
  // The answer has the last figures; news in between are told at most every so often.
  expect(news.length).toBeGreaterThan(0);
  expect(news.at(-1)?.removed).toBeLessThanOrEqual(8);
  expect(existsSync(join(hub, 'models--org--name'))).toBe(false);
  await expect(connection.sendRequest(planCacheDeletion, { ids })).rejects.toMatchObject({
    data: { code: 'CACHE_ENTRY_UNKNOWN' }
  });
});

it('deletes nothing that has come since it was shown', async () => {
  const { connection } = page;
  const incomplete = (name: string): string => {
    const path = join(hub, 'models--org--name', 'blobs', `${name}.incomplete`);
    writeFileSync(path, 'x');
    utimesSync(path, 0, 0);
    return path;
  };
  const shown = incomplete('1'.repeat(64));
  const [leftover] = (await connection.sendRequest(listCache)).leftovers;
  expect(leftover).toMatchObject({ kind: 'incomplete', paths: [shown], bytes: 4096 });
  const ids = [leftover?.id ?? ''];
  await connection.sendRequest(planCacheDeletion, { ids });
  const later = incomplete('2'.repeat(64));
  expect(await connection.sendRequest(deleteCache, { ids })).toMatchObject({ removed: 1 });
  expect([existsSync(shown), existsSync(later)]).toEqual([false, true]);
});

it('tells what it keeps, and why', async () => {
  const { connection } = page;
  mkdirSync(join(root, '.bedrock-import', 'jobs'), { recursive: true });
  writeFileSync(join(root, '.bedrock-import', 'jobs', 'plan'), 'x');
  const { leftovers } = await connection.sendRequest(listCache);
  expect(leftovers).toMatchObject([
    { id: 'jobs', kind: 'job', problem: expect.stringContaining('jobs remove') }
  ]);
  await expect(connection.sendRequest(deleteCache, { ids: ['jobs'] })).rejects.toMatchObject({
    data: { code: 'LEFTOVER_KEPT' }
  });
  expect(existsSync(join(root, '.bedrock-import', 'jobs', 'plan'))).toBe(true);
});
