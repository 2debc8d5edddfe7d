import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { tinyModel } from '../cli/testing/tinyModel';
import { canMount, mountBind, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { JobStore } from '.';
import type { Job } from '.';
import { denoProgram } from './testing/denoProgram';
import type { DenoProgram, StartedProgram } from './testing/denoProgram';
import { QUICK } from './testing/jobTrial';

jest.setTimeout(120_000);

const PYTHON = join(__dirname, '..', '..', '..', '.venv', 'bin', 'python');
const HUB_CACHE = join(__dirname, '..', 'cacheMove', 'testing', 'hubCache.py');
const MODELS = ['trial/one', 'trial/two'];

/** Size x 1.05 + 2 GB must be free; memory is taken only for what is written. */
const mountOther = (): Mounted => mountTmpfs('size=4g');
const onTwoDisks = canMount(mountOther) ? describe : describe.skip;
const withBindMounts = canMount(() => mountBind(tmpdir())) ? it : it.skip;

/**
 * Moves the cache as the command does. Ends itself as kill -9 would as soon as its journal matches, or a file
 * is there (`+path`) or gone (`-path`).
 */
const PROGRAM = `
  import { existsSync, readFileSync, readdirSync } from 'node:fs';
  import { planCacheMove } from '../cacheMove';
  import { createEngineContext, createMoveJob, JobStore, runJob } from '.';
  const [state, timing, to, deadly, pauseAt] = process.argv.slice(2);
  const context = await createEngineContext();
  const store = await JobStore.open(state, { timing: JSON.parse(timing) });
  const place = { environment: context.environment };
  const known = (await store.list())[0]?.id;
  const plan = known ? undefined : await planCacheMove(place, to === '' ? {} : { to });
  const id = known ?? (await createMoveJob(store, plan)).id;
  console.log('made ' + id + ' ' + JSON.stringify(plan ?? {}));
  const holds = path => existsSync(path) && (!path.endsWith('-move') || readdirSync(path).length > 0);
  const met = () =>
    deadly.startsWith('+') ? holds(deadly.slice(1))
    : deadly.startsWith('-') ? !existsSync(deadly.slice(1))
    : deadly !== '' && new RegExp(deadly).test(readFileSync(store.journalOf(id), 'utf8'));
  const look = () => {
    if (deadly !== '' && met()) {
      console.log('dies');
      for (;;) {}
    }
  };
  const timer = setInterval(look, 1);
  const stop = new AbortController();
  const onEvent = event => {
    look();
    if (pauseAt !== '' && new RegExp(pauseAt).test(JSON.stringify(event))) {
      stop.abort();
    }
  };
  const outcome = await runJob(context, store, id, { onEvent, signal: stop.signal }).catch(e => e);
  clearInterval(timer);
  console.log('ended ' + (outcome.state ?? outcome.code ?? outcome) + ' ' + (outcome.message ?? ''));
  process.exit(0);`;

interface Reading {
  files: Record<string, Record<string, string>>;
  repositories: string[];
  warnings: string[];
}

let sandbox: StartedSandbox;
let program: DenoProgram;
/** Filled by huggingface_hub itself; `shared` with the store of newer clients. */
let masters: { plain: string; shared: string };
let expected: Reading;
let home: string;

function python(...args: string[]): string {
  return execFileSync(PYTHON, [HUB_CACHE, ...args], {
    env: { ...process.env, ...sandbox.env, HF_HOME: home, HF_HUB_DISABLE_PROGRESS_BARS: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  });
}

function read(cache: string): Reading {
  return JSON.parse(python('read', cache, ...MODELS)) as Reading;
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'move-home-'));
  [sandbox, program] = await Promise.all([
    startSandbox({
      models: {
        'trial/one': tinyModel({ shards: 2, paddingBytes: 24 * 2 ** 20 }),
        'trial/two': tinyModel()
      }
    }),
    denoProgram(PROGRAM)
  ]);
  masters = { plain: join(home, 'plain'), shared: join(home, 'shared') };
  python('fill', masters.plain, ...MODELS);
  execFileSync('cp', ['-a', masters.plain, masters.shared]);
  python('share', masters.shared);
  expected = read(masters.plain);
  expect(read(masters.shared).files).toEqual(expected.files);
  expect(expected.warnings).toEqual([]);
});

afterAll(async () => {
  await program.remove();
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A user whose cache is in the home folder, and whose JupyterLab root is elsewhere. */
class User {
  readonly old: string;
  readonly to: string;
  readonly state: string;

  constructor(
    readonly root: string,
    master: string
  ) {
    rmSync(join(home, '.cache'), { recursive: true, force: true });
    this.old = join(home, '.cache', 'huggingface', 'hub');
    this.to = join(root, '.cache', 'huggingface', 'hub');
    this.state = join(root, '.bedrock-import');
    mkdirSync(join(home, '.cache', 'huggingface'), { recursive: true });
    execFileSync('cp', ['-a', master, this.old]);
  }

  start(options: { to?: string; deadly?: string; pauseAt?: string } = {}): StartedProgram {
    const { to = '', deadly = '', pauseAt = '' } = options;
    return program.start([this.state, JSON.stringify(QUICK), to, deadly, pauseAt], {
      writable: [this.root, home],
      env: {
        HOME: home,
        JUPYTER_SERVER_ROOT: this.root,
        BEDROCK_IMPORT_STATE_DIR: this.state
      }
    });
  }

  async run(options: Parameters<User['start']>[0] = {}): Promise<string> {
    const child = this.start(options);
    const [, end = ''] = await child.wrote(/ended (.*)/);
    await child.ended;
    return end.trim();
  }

  async job(): Promise<Job> {
    const store = await JobStore.open(this.state, { timing: QUICK });
    const [summary] = await store.list();
    return store.read(summary?.id ?? '');
  }

  steeredTo(): unknown {
    const file = join(this.state, 'steering.json');
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as { set: Record<string, string> }).set[
          'HF_HUB_CACHE'
        ]
      : undefined;
  }

  requireMoved(): void {
    expect(existsSync(this.old)).toBe(false);
    const found = read(this.to);
    expect(found.files).toEqual(expected.files);
    expect(found.repositories).toEqual(expected.repositories);
    expect(found.warnings).toEqual([]);
    expect(this.steeredTo()).toBe(this.to);
    expect(readdirSync(this.to)).not.toContain('.bedrock-import-move');
  }
}

onTwoDisks('moving the cache to another disk', () => {
  let disk: Mounted;

  beforeEach(() => {
    disk = mountOther();
  });

  afterEach(() => disk.unmount());

  it.each(['plain', 'shared'] as const)(
    'brings all of a %s cache, and frees the old one',
    async layout => {
      const user = new User(disk.folder, masters[layout]);
      const child = user.start();
      const [, , text = ''] = await child.wrote(/made (\S+) (.*)/);
      expect(JSON.parse(text)).toMatchObject({
        from: user.old,
        to: user.to,
        sameDisk: false,
        fits: true
      });
      const [, end] = await child.wrote(/ended (.*)/);
      expect(end?.trim()).toBe('done');
      user.requireMoved();
      const { stages, result, progress } = await user.job();
      expect(stages.map(({ stage, state }) => `${stage} ${state}`)).toEqual([
        'check done',
        'copy done',
        'switch done',
        'free done'
      ]);
      expect(result?.freed?.left).toEqual([]);
      expect(result?.freed?.bytes).toBeGreaterThan(24 * 2 ** 20);
      expect(progress?.movedBytes).toBe(progress?.totalBytes);
    }
  );

  const oldFiles = (): Record<string, Record<string, string>> | undefined => {
    try {
      return read(join(home, '.cache', 'huggingface', 'hub')).files;
    } catch {
      return undefined;
    }
  };

  it.each([
    ['plain', '"state":"waiting"'],
    ['plain', '"stage":"check","state":"start"'],
    ['shared', '"stage":"copy","state":"start"'],
    ['plain', '+WORK'],
    ['shared', '+WORK'],
    ['plain', '"type":"progress"'],
    ['shared', '"stage":"copy","state":"done"'],
    ['plain', '"stage":"switch","state":"start"'],
    ['plain', '"stage":"switch","state":"done"'],
    ['plain', '"stage":"free","state":"start"'],
    ['plain', '-OLD/models--trial--one'],
    ['shared', '-OLD/blobs'],
    ['shared', '-OLD/models--trial--one'],
    ['plain', '-OLD/models--trial--two']
  ] as const)('of a %s cache loses nothing when it is killed at %s', async (layout, point) => {
    const user = new User(disk.folder, masters[layout]);
    const deadly = point
      .replace('WORK', join(user.to, '.bedrock-import-move'))
      .replace('OLD', user.old);
    const child = user.start({ deadly });
    await child.wrote(/dies/);
    child.kill('SIGKILL');
    await child.ended;
    // Whole in the old place until it was found whole in the new one.
    const isFreeing = point.startsWith('-OLD');
    expect(isFreeing ? read(user.to).files : oldFiles()).toEqual(expected.files);
    expect(await user.run()).toBe('done');
    user.requireMoved();
  });

  it('is paused in the middle, and goes on with what is missing', async () => {
    const user = new User(disk.folder, masters.plain);
    expect(await user.run({ pauseAt: '"type":"progress"' })).toBe('paused');
    expect((await user.job()).state).toBe('paused');
    expect(oldFiles()).toEqual(expected.files);
    expect(await user.run()).toBe('done');
    user.requireMoved();
  });

  it('is not begun where there is no room', async () => {
    disk.remount('size=100m');
    const user = new User(disk.folder, masters.plain);
    expect(await user.run()).toMatch(/^CACHE_MOVE_NO_ROOM/);
    expect(oldFiles()).toEqual(expected.files);
    expect(existsSync(user.to)).toBe(false);
    disk.remount('size=4g');
    expect(await user.run()).toBe('done');
    user.requireMoved();
  });

  it('puts a second cache together with the one that is there already', async () => {
    const user = new User(disk.folder, masters.shared);
    mkdirSync(join(disk.folder, '.cache', 'huggingface'), { recursive: true });
    python('fill', user.to, 'trial/one');
    expect(await user.run({ to: user.to })).toBe('done');
    user.requireMoved();
  });

  it('repairs a broken copy in the new place', async () => {
    const user = new User(disk.folder, masters.plain);
    const blobs = join('models--trial--one', 'blobs');
    const [name = ''] = readdirSync(join(user.old, blobs));
    const content = readFileSync(join(user.old, blobs, name));
    mkdirSync(join(user.to, blobs), { recursive: true });
    // As long as it has to be, and one byte is wrong.
    content.writeUInt8(content.readUInt8(0) ^ 1, 0);
    writeFileSync(join(user.to, blobs, name), content);
    expect(await user.run({ to: user.to })).toBe('done');
    user.requireMoved();
  });

  it('leaves what leads out of the cache, and touches nothing there', async () => {
    const user = new User(disk.folder, masters.plain);
    const canary = mkdtempSync(join(tmpdir(), 'canary-'));
    writeFileSync(join(canary, 'file'), 'precious');
    symlinkSync(canary, join(user.old, 'models--trial--three'));
    symlinkSync(
      join(canary, 'file'),
      join(user.old, 'models--trial--two', 'blobs', 'f'.repeat(64))
    );
    // In the new place, too: nothing may be written through it.
    mkdirSync(join(user.to, 'datasets--a'), { recursive: true });
    mkdirSync(join(user.old, 'models--evil', 'blobs'), { recursive: true });
    writeFileSync(join(user.old, 'models--evil', 'blobs', 'x'), 'own');
    symlinkSync(canary, join(user.to, 'models--evil'));
    expect(await user.run({ to: user.to })).toBe('done');
    expect(readdirSync(user.old).sort()).toEqual([
      'models--evil',
      'models--trial--three',
      'models--trial--two'
    ]);
    expect(readdirSync(canary)).toEqual(['file']);
    expect(readFileSync(join(canary, 'file'), 'utf8')).toBe('precious');
    expect(read(user.to).files).toEqual(expected.files);
    expect((await user.job()).result?.freed?.left).toHaveLength(3);
    rmSync(canary, { recursive: true });
  });

  it('moves what comes while it runs, too', async () => {
    const user = new User(disk.folder, masters.plain);
    const child = user.start({ deadly: '"stage":"switch","state":"done"' });
    await child.wrote(/dies/);
    // Of a model that is there already, as by a download that ends in this moment.
    const late = join('models--trial--two', 'refs', 'late');
    const commit = readFileSync(join(user.old, 'models--trial--two', 'refs', 'main'), 'utf8');
    writeFileSync(join(user.old, late), commit);
    child.kill('SIGKILL');
    await child.ended;
    expect(await user.run()).toBe('done');
    expect(readFileSync(join(user.to, late), 'utf8')).toBe(commit);
    user.requireMoved();
  });
});

describe('moving the cache on one disk', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'move-root-'));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each(['plain', 'shared'] as const)('renames a %s cache with its links', async layout => {
    const user = new User(root, masters[layout]);
    expect(await user.run({ to: user.to })).toBe('done');
    user.requireMoved();
    const list = (folder: string): string =>
      execFileSync('find', ['.', '-printf', '%p %y %l %s\n'], { cwd: folder, encoding: 'utf8' })
        .split('\n')
        .sort()
        .join('\n');
    expect(list(user.to)).toBe(list(masters[layout]));
  });

  it.each(['"stage":"copy","state":"start"', '-OLD', '"stage":"switch","state":"start"'])(
    'loses nothing when it is killed at %s',
    async point => {
      const user = new User(root, masters.shared);
      const child = user.start({ to: user.to, deadly: point.replace('OLD', user.old) });
      await child.wrote(/dies/);
      child.kill('SIGKILL');
      await child.ended;
      expect(await user.run({ to: user.to })).toBe('done');
      user.requireMoved();
    }
  );

  it('puts a second cache together with the one that is there already', async () => {
    const user = new User(root, masters.shared);
    python('fill', user.to, 'trial/two');
    expect(await user.run({ to: user.to })).toBe('done');
    user.requireMoved();
  });

  withBindMounts('copies where the disk is mounted a second time', async () => {
    const source = join(root, 'source');
    mkdirSync(source);
    const bound = mountBind(source);
    try {
      const user = new User(bound.folder, masters.shared);
      expect(await user.run({ to: user.to })).toBe('done');
      user.requireMoved();
    } finally {
      bound.unmount();
    }
  });

  it('refuses places that make no sense', async () => {
    const user = new User(root, masters.plain);
    const ended = async (to: string): Promise<string> => (await user.start({ to }).ended).stderr;
    expect(await ended(join(user.old, 'deeper'))).toMatch(/One of the folders lies in the other/);
    expect(await ended('/var/elsewhere')).toMatch(/only pointed to folders under/);
    expect(await ended(user.old)).toMatch(/is in .* already/);
    cpSync(user.old, join(root, 'copy'), { recursive: true, verbatimSymlinks: true });
    rmSync(user.old, { recursive: true });
    expect(await ended(join(root, 'other'))).toMatch(/no Hugging Face cache/);
  });
});
