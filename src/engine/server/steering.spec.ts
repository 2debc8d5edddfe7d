import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import {
  getJob,
  getMachine,
  getSteering,
  getStorage,
  listJobs,
  planCacheMove,
  startCacheMove,
  steer,
  unsteer
} from '../../protocol';
import type { Steering } from '../../protocol';
import { bundleEngine, startBundle } from '../cli/testing/bundledCommand';
import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { openPage } from './testing/testPage';
import type { EngineEnd, TestPage } from './testing/testPage';

jest.setTimeout(60_000);

const onTwoDisks = canMount(() => mountTmpfs('size=16m')) ? it : it.skip;

describe('steering from a page', () => {
  /** The home folder's; without one the tests that need it are skipped. */
  let disk: Mounted | undefined;
  let root: string;
  let home: string;
  let child: ChildProcessWithoutNullStreams;
  let lines: string[];

  beforeAll(async () => {
    disk = onTwoDisks === it ? mountTmpfs('size=16m') : undefined;
    await bundleEngine();
  });

  afterAll(() => disk?.unmount());

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'steered-root-'));
    home = mkdtempSync(join(disk?.folder ?? tmpdir(), 'steered-home-'));
  });

  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  });

  /** The engine as the launcher starts it for somebody whose home is not on the root's disk. */
  async function start(): Promise<TestPage> {
    child = startBundle(['serve', '--cache-dir', root], {
      env: {
        HOME: home,
        JUPYTER_SERVER_ROOT: root,
        BEDROCK_IMPORT_STATE_DIR: join(root, '.bedrock-import'),
        TMPDIR: home,
        TRANSFORMERS_CACHE: join(home, 'transformers')
      }
    });
    child.stderr.resume();
    const reader = createInterface({ input: child.stdout });
    lines = [];
    reader.on('line', line => lines.push(line));
    const engine: EngineEnd = {
      send: line => child.stdin.write(`${line}\n`),
      onLine: listener => {
        reader.on('line', listener);
        return () => reader.off('line', listener);
      }
    };
    return openPage(engine);
  }

  const isSteeringLine = (line: string): boolean => line === '{"type":"steering"}';
  const hubCache = async ({ connection }: TestPage): Promise<string> =>
    (await connection.sendRequest(getStorage)).hubCache.path;
  const changes = ({ variables }: Steering): string[] =>
    variables.filter(({ change }) => change !== 'none').map(({ name }) => name);

  onTwoDisks('tells the server, changes where the engine itself looks, and is undone', async () => {
    const page = await start();
    const { connection } = page;
    const looked = await connection.sendRequest(getSteering);
    expect(changes(looked)).toEqual([
      ...['HF_HOME', 'HF_HUB_CACHE', 'HF_XET_CACHE', 'HF_ASSETS_CACHE'],
      ...['TMPDIR', 'TRANSFORMERS_CACHE']
    ]);
    expect(await hubCache(page)).toBe(join(home, '.cache/huggingface/hub'));
    expect((await connection.sendRequest(getMachine)).cacheWarnings).toHaveLength(1);

    const on = await connection.sendRequest(steer);
    expect(on).toMatchObject({ on: true, needed: false });
    expect(lines.filter(isSteeringLine)).toHaveLength(1);
    expect(await hubCache(page)).toBe(join(root, '.cache/huggingface/hub'));
    expect((await connection.sendRequest(getMachine)).cacheWarnings).toEqual([]);
    child.kill('SIGKILL');

    // The server starts the next engine with the environment as it was.
    const next = await start();
    expect(await next.connection.sendRequest(getSteering)).toEqual(on);
    expect(await hubCache(next)).toBe(join(root, '.cache/huggingface/hub'));
    const off = await next.connection.sendRequest(unsteer);
    expect(off).toEqual(looked);
    expect(lines.filter(isSteeringLine)).toHaveLength(1);
    expect(await hubCache(next)).toBe(join(home, '.cache/huggingface/hub'));
  });

  onTwoDisks('follows what a command in a terminal changes', async () => {
    const page = await start();
    await page.connection.sendRequest(listJobs);
    await page.connection.sendRequest(steer);
    const file = join(root, '.bedrock-import', 'steering.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
    await rm(file);
    const before = join(home, '.cache/huggingface/hub');
    while ((await hubCache(page)) !== before) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    expect((await page.connection.sendRequest(getSteering)).on).toBe(false);
  });

  onTwoDisks('moves the cache as it was shown, and nothing else', async () => {
    const from = join(home, '.cache/huggingface/hub');
    mkdirSync(join(from, 'models--maker--model'), { recursive: true });
    writeFileSync(join(from, 'models--maker--model', 'file'), 'content');
    const { connection } = await start();
    const plan = await connection.sendRequest(planCacheMove, {});
    expect(plan).toMatchObject({ from, to: join(root, '.cache/huggingface/hub'), fits: true });
    const other = { from: join(home, 'elsewhere'), to: plan.to };
    await expect(connection.sendRequest(startCacheMove, { shown: other })).rejects.toMatchObject({
      data: { code: 'CACHE_MOVE_CHANGED' }
    });
    expect(await connection.sendRequest(listJobs)).toEqual([]);
    const { jobId } = await connection.sendRequest(startCacheMove, { shown: plan });
    while ((await connection.sendRequest(getJob, { id: jobId })).state !== 'done') {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    expect(readFileSync(join(plan.to, 'models--maker--model', 'file'), 'utf8')).toBe('content');
    expect(await connection.sendRequest(getSteering)).toMatchObject({ on: true });
  });
});
