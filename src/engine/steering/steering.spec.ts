import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { applySteering, getSteering, readSteering, steer, steerHubCache, unsteer } from '.';
import { MAX_SCRIPT_CHARACTERS, unsteered } from '.';
import { lifecycleScript } from './lifecycleScript';
import type { SteeringPlace } from './types';

const onTwoDisks = canMount(() => mountTmpfs('size=16m')) ? it : it.skip;

/** The home folder's; without one the tests that need it are skipped. */
let disk: Mounted | undefined;
let root: string;
let home: string;
let env: Record<string, string | undefined>;

beforeAll(() => {
  disk = onTwoDisks === it ? mountTmpfs('size=16m') : undefined;
});

afterAll(() => disk?.unmount());

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steering-root-'));
  home = mkdtempSync(join(disk?.folder ?? tmpdir(), 'steering-home-'));
  env = { PATH: '/bin' };
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
});

function place(
  host: SteeringPlace['environment']['host'] = 'notebook-instance',
  changes: Partial<SteeringPlace['environment']> = {}
): SteeringPlace {
  return {
    env,
    environment: {
      host,
      hostLabel: host,
      root,
      homeDirectory: home,
      stateDirectory: join(root, '.bedrock-import'),
      ...changes
    }
  };
}

function python(code: string, variables: Record<string, string | undefined>): string {
  return execFileSync('python3', ['-c', code], {
    env: { PATH: process.env['PATH'], ...variables },
    encoding: 'utf8'
  });
}

describe('steering on a host whose home does not last', () => {
  onTwoDisks(
    'leads caches and temporary files under the root, and undoes it to the letter',
    async () => {
      env['TRANSFORMERS_CACHE'] = '/opt/transformers';
      env['TMPDIR'] = home;
      const before = { ...env };
      const looked = await getSteering(place());
      expect(looked).toMatchObject({ on: false, needed: true, root });
      expect(env).toEqual(before);
      expect(await readdir(root)).toEqual([]);

      const facts = await steer(place());
      const hub = join(root, '.cache', 'huggingface');
      const wanted = {
        PATH: '/bin',
        HF_HOME: hub,
        HF_HUB_CACHE: join(hub, 'hub'),
        HF_XET_CACHE: join(hub, 'xet'),
        HF_ASSETS_CACHE: join(hub, 'assets'),
        TMPDIR: join(root, '.tmp')
      };
      expect(env).toEqual(wanted);
      expect(facts).toMatchObject({ on: true, needed: false });
      expect(facts.variables.every(({ lasts, change }) => lasts && change === 'none')).toBe(true);
      expect(statSync(join(root, '.tmp')).mode & 0o777).toBe(0o700);
      expect(await readdir(join(root, '.tmp'))).toEqual([]);
      expect(await readdir(join(root, '.bedrock-import'))).toEqual(['steering.json']);
      // What was shown before is what has become of it.
      expect(
        looked.variables.flatMap(({ name, steered }) => (steered ? [[name, steered]] : []))
      ).toEqual(facts.variables.map(({ name, now }) => [name, now]));
      expect(looked.variables.find(({ name }) => name === 'TRANSFORMERS_CACHE')).toEqual({
        name: 'TRANSFORMERS_CACHE',
        now: '/opt/transformers',
        folderNow: '/opt/transformers',
        lasts: expect.any(Boolean) as boolean,
        change: 'unset'
      });
      const undone = await unsteer(place());
      expect(env).toEqual(before);
      expect(undone).toEqual(looked);
      expect(await readdir(join(root, '.bedrock-import'))).toEqual([]);
    }
  );

  onTwoDisks('keeps the login where it is and copies no token', async () => {
    mkdirSync(join(home, '.cache', 'huggingface'), { recursive: true });
    const token = join(home, '.cache', 'huggingface', 'token');
    writeFileSync(token, 'hf_secretsecret');
    const facts = await steer(place());
    expect(env['HF_TOKEN_PATH']).toBe(token);
    expect(facts.notes.join(' ')).toMatch(/no token is copied.*lost when this machine stops/);
    // Grep ends with 1 when no file under the root holds it.
    expect(spawnSync('grep', ['-r', 'hf_secret', root]).status).toBe(1);
    expect(spawnSync('grep', ['-r', 'hf_secret', home]).status).toBe(0);
    expect(facts.lifecycleScript).not.toContain('HF_TOKEN_PATH');
    await rm(token);
    expect((await readSteering(place()))?.set.HF_TOKEN_PATH).toBeUndefined();
  });

  onTwoDisks(
    'leaves what the user has on the volume already, and a token path of their own',
    async () => {
      Object.assign(env, {
        HF_HUB_CACHE: join(root, 'models'),
        HF_TOKEN_PATH: join(home, 'my-token'),
        TMPDIR: home,
        XDG_CACHE_HOME: join(root, 'xdg')
      });
      await steer(place());
      expect(env).toMatchObject({ HF_HUB_CACHE: join(root, 'models'), TMPDIR: join(root, '.tmp') });
      expect(env['HF_HOME']).toBeUndefined();
      expect(env['HF_TOKEN_PATH']).toBe(join(home, 'my-token'));
    }
  );

  onTwoDisks('takes away the old name of the hub cache only with the new one', async () => {
    env['HUGGINGFACE_HUB_CACHE'] = join(home, 'old');
    await steer(place());
    expect(env['HUGGINGFACE_HUB_CACHE']).toBeUndefined();
    expect(env['HF_HUB_CACHE']).toBe(join(root, '.cache/huggingface/hub'));
  });

  onTwoDisks('gives a cell that makes a running Python the same', async () => {
    env['TMPDIR'] = home;
    const facts = await getSteering(place());
    const print = 'import os, json; print(json.dumps(dict(os.environ)))';
    const old = { HF_HOME: '/x', TRANSFORMERS_CACHE: '/y', OTHER: 'ä"\\' };
    const seen = JSON.parse(python(`${facts.cell}\n${print}`, old)) as Record<string, string>;
    await steer(place());
    expect(seen).toMatchObject({ HF_HOME: env['HF_HOME'], TMPDIR: env['TMPDIR'], OTHER: 'ä"\\' });
    expect(seen['TRANSFORMERS_CACHE']).toBeUndefined();
    const temporary = python(
      `import tempfile; tempfile.gettempdir()\n${facts.cell}\nprint(tempfile.gettempdir())`,
      { TMPDIR: home }
    );
    expect(temporary.trim()).toBe(env['TMPDIR']);
  });
});

describe('steering elsewhere', () => {
  it('finds nothing to do where all lies on the disk of the root', async () => {
    const here = place('plain-jupyter', { homeDirectory: root });
    env['TMPDIR'] = root;
    const facts = await steer(here);
    expect(facts).toMatchObject({ on: false, needed: false });
    expect(facts.lifecycleScript).toBeUndefined();
    expect(facts.notes[0]).toContain('nothing has to be steered');
    expect(await readdir(root)).toEqual([]);
  });

  onTwoDisks('steers only temporary files where the home is the volume', async () => {
    env['TMPDIR'] = home;
    const facts = await steer(place('studio-space', { homeDirectory: root }));
    expect(env).toEqual({ PATH: '/bin', TMPDIR: join(root, '.tmp') });
    expect(facts.on).toBe(true);
    expect(facts.notes[0]).toContain('volume of this space');
  });
});

describe('the hub cache alone', () => {
  it('leaves no file of a trial behind, also not that of a process that was killed', async () => {
    const folder = join(root, 'models');
    await mkdir(folder);
    await writeFile(join(folder, '.bedrock-import-probe'), 'x');
    await steerHubCache(place(), folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is led to another folder under the root, and nowhere else', async () => {
    const folder = join(root, 'elsewhere', 'hub');
    env['TRANSFORMERS_CACHE'] = '/t';
    await steerHubCache(place(), folder);
    expect(env['HF_HUB_CACHE']).toBe(folder);
    expect(env['TRANSFORMERS_CACHE']).toBeUndefined();
    await expect(steerHubCache(place(), '/etc/hub')).rejects.toMatchObject({
      code: 'STEERING_OUTSIDE',
      kind: 'usage'
    });
    await unsteer(place());
    expect(env).toEqual({ PATH: '/bin', TRANSFORMERS_CACHE: '/t' });
  });

  onTwoDisks('keeps its folder when the rest is steered later', async () => {
    const folder = join(root, 'elsewhere', 'hub');
    await steerHubCache(place(), folder);
    await steer(place());
    expect(env['HF_HUB_CACHE']).toBe(folder);
    expect(env['HF_HOME']).toBe(join(root, '.cache/huggingface'));
  });
});

describe('what is in the way', () => {
  onTwoDisks('of new files is told on a full disk, and leads off once there is room', async () => {
    const full = mountTmpfs('size=2m');
    try {
      const here = place('notebook-instance', {
        root: full.folder,
        stateDirectory: join(full.folder, '.bedrock-import')
      });
      const filling = join(full.folder, 'filling');
      // As long as there is room for a single byte.
      spawnSync('dd', ['if=/dev/zero', `of=${filling}`, 'bs=4096'], { stdio: 'ignore' });
      await expect(steer(here)).rejects.toMatchObject({ code: 'STEERING_NO_ROOM' });
      await expect(steerHubCache(here, join(full.folder, 'hub'))).rejects.toMatchObject({
        code: 'STEERING_NO_ROOM'
      });
      expect(env).toEqual({ PATH: '/bin' });
      expect((await getSteering(here)).on).toBe(false);
      await rm(filling);
      expect((await steer(here)).on).toBe(true);
      spawnSync('dd', ['if=/dev/zero', `of=${filling}`, 'bs=4096'], { stdio: 'ignore' });
      expect((await unsteer(here)).on).toBe(false);
    } finally {
      full.unmount();
    }
  });

  onTwoDisks('of a folder is told, and nothing is switched on', async () => {
    writeFileSync(join(root, '.cache'), '');
    await expect(steer(place())).rejects.toMatchObject({
      code: 'STEERING_UNWRITABLE',
      kind: 'blocked'
    });
    expect(env).toEqual({ PATH: '/bin' });
    expect(await readSteering(place())).toBeUndefined();
  });

  it.each([
    ['', 'STEERING_UNREADABLE'],
    ['{', 'STEERING_UNREADABLE'],
    ['[]', 'STEERING_UNREADABLE'],
    ['{"version":1,"set":{},"unset":{}}', 'STEERING_UNREADABLE'],
    ['{"version":1,"set":{"PATH":"/x"},"unset":[]}', 'STEERING_UNREADABLE'],
    ['{"version":1,"set":{"HF_HOME":"/etc"},"unset":[]}', 'STEERING_UNREADABLE'],
    ['{"version":1,"set":{},"unset":["PATH"]}', 'STEERING_UNREADABLE'],
    [`"${'x'.repeat(70_000)}"`, 'STEERING_UNREADABLE'],
    ['{"version":2}', 'STEERING_TOO_NEW']
  ])('is told when the file is %j', async (text, code) => {
    mkdirSync(join(root, '.bedrock-import'));
    const file = join(root, '.bedrock-import', 'steering.json');
    writeFileSync(file, text);
    for (const call of [getSteering, steer]) {
      await expect(call(place())).rejects.toMatchObject({ code, kind: 'blocked', subject: file });
    }
    expect(env).toEqual({ PATH: '/bin' });
    expect(readFileSync(file, 'utf8')).toBe(text);
    // The way out that the message names.
    expect((await unsteer(place())).on).toBe(false);
  });

  it('is told when the state folder leads nowhere', async () => {
    symlinkSync('/proc/none', join(root, '.bedrock-import'));
    await expect(steerHubCache(place(), join(root, 'hub'))).rejects.toMatchObject({
      code: 'STEERING_UNWRITABLE'
    });
  });
});

describe('a process that follows', () => {
  const state = (folder: string): Parameters<typeof applySteering>[1] => ({
    set: { HF_HOME: folder },
    unset: ['TRANSFORMERS_CACHE'],
    before: { HF_HOME: '/before', TRANSFORMERS_CACHE: null }
  });

  it('leaves what the user has set in this terminal', () => {
    for (const [own, then] of [
      [undefined, '/steered'],
      ['/before', '/steered'],
      ['/steered', '/steered'],
      ['/mine', '/mine']
    ]) {
      const terminal: Record<string, string | undefined> =
        own === undefined ? {} : { HF_HOME: own };
      applySteering(terminal, state('/steered'), { ownWins: true });
      expect(terminal['HF_HOME']).toBe(then);
      applySteering(terminal, state('/steered'), { ownWins: false });
      expect(terminal['HF_HOME']).toBe('/steered');
    }
  });

  it('comes back to what was there, whatever came between', () => {
    const value = fc.option(fc.constantFrom('/a', '/b', '/c'), { nil: undefined });
    fc.assert(
      fc.property(value, value, fc.array(fc.constantFrom('/a', '/b', '/c')), (hub, old, steps) => {
        const changing: Record<string, string | undefined> = { PATH: '/bin' };
        Object.assign(changing, hub === undefined ? {} : { HF_HOME: hub });
        Object.assign(changing, old === undefined ? {} : { TRANSFORMERS_CACHE: old });
        const before = { ...changing };
        for (const folder of steps) {
          applySteering(changing, state(folder), { ownWins: false });
          expect(changing['HF_HOME']).toBe(folder);
          expect(unsteered(changing)['HF_HOME']).toBe(before['HF_HOME']);
        }
        applySteering(changing, undefined, { ownWins: true });
        expect(changing).toEqual(before);
      })
    );
  });
});

describe('the on-start script', () => {
  /** Runs it with stand-ins for what only an instance has. */
  function run(script: string): string {
    const profile = join(root, 'jupyter-env.sh');
    const here = script.replaceAll('/etc/profile.d/jupyter-env.sh', profile);
    execFileSync('bash', [
      '--norc',
      '-c',
      `sudo() { shift 2; "$@"; }; systemctl() { :; }; ${here}`
    ]);
    return profile;
  }

  it('is short and sound, whatever the folders are called', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter(text => !/[\0-\x1f/]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(name, odd => {
        const folder = join(root, odd);
        const script = lifecycleScript(
          {
            set: { HF_HOME: folder, TMPDIR: join(folder, 'tmp'), HF_TOKEN_PATH: '/t' },
            unset: ['TRANSFORMERS_CACHE'],
            before: {}
          },
          'ec2-user'
        );
        expect(script.length).toBeLessThanOrEqual(MAX_SCRIPT_CHARACTERS);
        execFileSync('bash', ['-n'], { input: script });
        const profile = run(script);
        const seen = execFileSync(
          'bash',
          [
            '--norc',
            '-c',
            `. '${profile}'; printf '%s' "$HF_HOME|$TMPDIR|\${TRANSFORMERS_CACHE-none}"`
          ],
          { encoding: 'utf8', env: { TRANSFORMERS_CACHE: '/t' } }
        );
        expect(seen).toBe(`${folder}|${join(folder, 'tmp')}|none`);
        expect(statSync(join(folder, 'tmp')).mode & 0o777).toBe(0o700);
      }),
      { numRuns: 15 }
    );
  });
});
