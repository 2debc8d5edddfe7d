import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { sampleBytes } from '../testing/scriptedHub';
import { CountedHub } from './testing/countedHub';

const MiB = 2 ** 20;
const ID = 'acme/model';
const PATH = 'model.safetensors';
const weights = sampleBytes(150 * MiB + 5, 1);
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(process.cwd(), '.venv', 'bin', 'deno');
const DENO_RUN = ['run', '--quiet', '--no-prompt', '--no-config', '--no-lock'];

let folder: string;
let program: string;
let cacheFolder: string;
let sandbox: StartedSandbox;
let hub: CountedHub;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-process-'));
  program = join(folder, 'program.mjs');
  await promisify(execFile)(process.execPath, [
    join(__dirname, 'testing', 'buildProgram.mjs'),
    program
  ]);
  sandbox = await startSandbox({ models: { [ID]: { [PATH]: weights } } });
  hub = new CountedHub(sandbox.hubUrl);
  await hub.start();
});

afterAll(async () => {
  await hub.stop();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(folder, 'cache-'));
  hub.reset();
  hub.bytesPerSecond = 0;
});

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

function start(
  command: string[],
  job: object = {}
): { child: ChildProcess; ended: Promise<Ended> } {
  const [file = '', ...args] = command;
  const text = JSON.stringify({ endpoint: hub.url, id: ID, cacheFolder, ...job });
  const child = spawn(file, [...args, program, text], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<Ended>(resolve =>
    child.on('close', code => resolve({ code, output, errors }))
  );
  return { child, ended };
}

const inDeno = (...permissions: string[]): string[] => [DENO, ...DENO_RUN, ...permissions];

async function expectWhole(where = cacheFolder): Promise<void> {
  const snapshots = join(where, 'models--acme--model', 'snapshots');
  const [commit = ''] = await readdir(snapshots);
  const found = await readFile(join(snapshots, commit, PATH));
  const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  expect(hash(found)).toBe(hash(weights));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await delay(20);
  }
}

describe('a download in a process of its own', () => {
  it('goes on after kill -9 with the ranges that are on the disk', async () => {
    hub.bytesPerSecond = 12 * MiB;
    const first = start(inDeno('--allow-all'), { connections: 2 });
    // Ranges are recorded every three seconds.
    await until(() => hub.dataBytes > 100 * MiB);
    first.child.kill('SIGKILL');
    expect((await first.ended).output).toBe('');
    const came = hub.dataBytes;
    const blobs = await readdir(join(cacheFolder, 'models--acme--model', 'blobs'));
    expect(blobs.map(name => name.replace(/^\w+/, '')).sort()).toEqual([
      '.bedrock-import.incomplete',
      '.bedrock-import.ranges'
    ]);
    hub.bytesPerSecond = 0;
    hub.reset();
    const second = await start(inDeno('--allow-all')).ended;
    expect(second.errors).toBe('');
    await expectWhole();
    const again = came + hub.dataBytes - weights.length;
    // At most what three seconds and the buffers of two connections hold was lost.
    expect(hub.dataBytes).toBeLessThan(weights.length - 20 * MiB);
    expect(again).toBeGreaterThanOrEqual(0);
  });

  it('waits for another one of the same file, and then has nothing to do', async () => {
    hub.bytesPerSecond = 30 * MiB;
    const runs = [start(inDeno('--allow-all')), start(inDeno('--allow-all'))];
    const results = await Promise.all(runs.map(({ ended }) => ended));
    const cached = results.map(
      ({ output }) => (JSON.parse(output) as { cachedFiles: number }).cachedFiles
    );
    expect(cached.sort()).toEqual([0, 1]);
    expect(hub.dataBytes).toBe(weights.length);
    await expectWhole();
  });

  it('works where Deno may write to the cache only, and therefore make no links', async () => {
    const permissions = [
      '--allow-net',
      '--allow-env',
      '--allow-read',
      '--allow-sys',
      `--allow-write=${cacheFolder}`
    ];
    const { output, errors } = await start(inDeno(...permissions)).ended;
    expect(errors).toBe('');
    await expectWhole();
    const again = await start(inDeno(...permissions)).ended;
    expect(JSON.parse(output)).toMatchObject({ cachedFiles: 0 });
    expect(JSON.parse(again.output)).toMatchObject({ cachedFiles: 1 });
  });
});

describe('a disk that becomes full', () => {
  /** A file system of 100 MiB where this user may make one, else a limit of the process: 100 MiB for a file. */
  async function withLittleRoom(
    work: (where: string, command: string[], makeRoom: () => void) => Promise<void>
  ): Promise<void> {
    const where = await mkdtemp(join(folder, 'full-'));
    const mounted =
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', where]).status === 0;
    if (!mounted) {
      // In blocks of 1024 bytes; Node is told of it by an error where Deno would be ended by a signal.
      const limit = `ulimit -f ${100 * 1024}; exec "$0" "$@"`;
      await work(where, ['bash', '-c', limit, process.execPath], () => undefined);
      return;
    }
    try {
      const command = inDeno('--allow-all');
      await work(where, command, () => {
        expect(spawnSync('mount', ['-o', 'remount,size=400m', where]).status).toBe(0);
      });
    } finally {
      spawnSync('umount', [where]);
    }
  }

  it('is told with numbers, keeps what has come, and goes on when there is room', async () => {
    await withLittleRoom(async (where, command, makeRoom) => {
      const cache = join(where, 'hub');
      await mkdir(cache);
      const kept = await open(join(cache, 'kept'), 'w');
      await kept.write('something of the user');
      await kept.close();
      // The disk was larger when the plan was made.
      const full = await start(command, { cacheFolder: cache, withoutPlan: true }).ended;
      expect(full.errors).toBe('');
      const { error } = JSON.parse(full.output) as { error: Record<string, string> };
      expect(error).toMatchObject({ code: 'DISK_FULL', kind: 'failed', subject: PATH });
      expect(error['message']).toMatch(/are free; \d\d\.\d\d MB are still to come/);
      expect(error['nextStep']).toMatch(/goes on with what has arrived/);
      expect(await readFile(join(cache, 'kept'), 'utf8')).toBe('something of the user');
      makeRoom();
      hub.reset();
      const next = command[0] === 'bash' ? [process.execPath] : command;
      const again = await start(next, { cacheFolder: cache, withoutPlan: true }).ended;
      expect(JSON.parse(again.output)).toMatchObject({ cachedFiles: 0 });
      await expectWhole(cache);
      expect(hub.dataBytes).toBeLessThan(weights.length - 50 * MiB);
    });
  });
});
