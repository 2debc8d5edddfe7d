import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { bundleEngine } from './testing/bundledCommand';
import type { CommandRun } from './testing/bundledCommand';

jest.setTimeout(60_000);

/** As it is installed, so that it may write just what the launcher grants. */
const COMMAND = join(__dirname, '..', '..', '..', '.venv', 'bin', 'bedrock-import');

const mountHome = (): Mounted => mountTmpfs('size=16m');
const onTwoDisks = canMount(mountHome) ? describe : describe.skip;

onTwoDisks(
  'cache steer, unsteer and move, for a home folder that is not on the disk of the root',
  () => {
    let disk: Mounted;
    let root: string;
    let file: string;

    beforeAll(() => bundleEngine());

    beforeEach(() => {
      disk = mountHome();
      root = mkdtempSync(join(tmpdir(), 'steer root-'));
      file = join(root, '.bedrock-import', 'steering.json');
    });

    afterEach(() => {
      disk.unmount();
      rmSync(root, { recursive: true, force: true });
    });

    function run(args: string[], env: Record<string, string> = {}): Promise<CommandRun> {
      return new Promise(resolve => {
        const child = execFile(
          COMMAND,
          args,
          {
            env: {
              PATH: process.env['PATH'],
              LANG: 'C.UTF-8',
              HOME: disk.folder,
              JUPYTER_SERVER_ROOT: root,
              // Deno's compiled code is not what this is about.
              DENO_DIR: join(root, 'deno'),
              ...env
            }
          },
          (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr })
        );
        child.stdin?.end();
      });
    }

    const oldCache = (): string => join(disk.folder, '.cache', 'huggingface', 'hub');
    const newCache = (): string => join(root, '.cache', 'huggingface', 'hub');

    it('shows what changes, and changes nothing without a yes', async () => {
      const asked = await run(['cache', 'steer']);
      expect(asked.code).toBe(2);
      expect(asked.stdout).toContain(`-> ${newCache()}`);
      expect(asked.stderr).toContain('--yes');
      expect(existsSync(file)).toBe(false);
      const asJson = await run(['cache', 'steer', '--json']);
      expect(JSON.parse(asJson.stdout)).toMatchObject({
        error: { code: 'CONFIRMATION_REQUIRED' },
        changed: false,
        on: false,
        needed: true
      });
    });

    it('steers, is followed by the next command, and is undone', async () => {
      const steered = await run(['cache', 'steer', '--yes']);
      expect(steered).toMatchObject({ code: 0, stderr: '' });
      expect(steered.stdout).toContain(file);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        set: { HF_HUB_CACHE: newCache() }
      });
      // This terminal is older than the steering, and has not set anything itself.
      const again = await run(['cache', 'steer', '--json']);
      expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, on: true, needed: false });
      const listed = JSON.parse((await run(['cache', 'list', '--json'])).stdout) as object;
      expect(JSON.stringify(listed)).toContain(newCache());
      const own = await run(['cache', 'list', '--json'], { HF_HUB_CACHE: join(root, 'mine') });
      expect(own.stdout).toContain(join(root, 'mine'));
      const off = await run(['--json', 'cache', 'unsteer', '--yes']);
      expect(JSON.parse(off.stdout)).toMatchObject({ changed: true, on: false });
      expect(existsSync(file)).toBe(false);
      expect((await run(['cache', 'unsteer'])).stdout).toBe('Steering is off already.\n');
    });

    it('ends a steering that cannot be read', async () => {
      mkdirSync(join(root, '.bedrock-import'));
      writeFileSync(file, '{');
      const broken = await run(['cache', 'steer', '--yes']);
      expect(broken.code).toBe(3);
      expect(broken.stderr).toContain(file);
      // Nothing else stands still because of it.
      expect((await run(['disk'])).code).toBe(0);
      expect((await run(['cache', 'unsteer', '--yes'])).code).toBe(0);
      expect(existsSync(file)).toBe(false);
    });

    it('has no on-start script where there is none to run', async () => {
      const refused = await run(['cache', 'steer', '--script']);
      expect(refused.code).toBe(2);
      expect(refused.stdout).toBe('');
    });

    it('moves the cache as a job that the list shows, and says when there is nothing to move', async () => {
      const blob = join('models--a--b', 'blobs', '0'.repeat(40));
      mkdirSync(join(oldCache(), 'models--a--b', 'blobs'), { recursive: true });
      writeFileSync(join(oldCache(), blob), 'content');
      const shown = await run(['cache', 'move']);
      expect(shown.code).toBe(2);
      expect(shown.stdout).toContain(oldCache());
      expect(shown.stdout).toContain(newCache());
      expect(existsSync(join(oldCache(), blob))).toBe(true);

      const moved = await run(['cache', 'move', '--yes']);
      expect(moved.code).toBe(0);
      // Its name says another hash.
      expect(moved.stderr).toContain('was broken before');
      expect(readFileSync(join(newCache(), blob), 'utf8')).toBe('content');
      expect(existsSync(oldCache())).toBe(false);
      const { jobs } = JSON.parse((await run(['jobs', 'list', '--json'])).stdout) as {
        jobs: { id: string; kind: string; state: string }[];
      };
      expect(jobs).toMatchObject([{ kind: 'move', state: 'done' }]);
      const show = await run(['jobs', 'show', jobs[0]?.id ?? '']);
      expect(show.stdout).toContain('free');
      const again = await run(['cache', 'move', '--yes']);
      expect(again.code).toBe(2);
      expect(again.stderr).toContain('already');
    });

    it('refuses a place that kernels would not be led to', async () => {
      mkdirSync(oldCache(), { recursive: true });
      writeFileSync(join(oldCache(), 'file'), 'x');
      const refused = await run(['cache', 'move', '--to', '/var/elsewhere', '--yes']);
      expect(refused.code).toBe(2);
      expect(existsSync('/var/elsewhere')).toBe(false);
    });
  }
);
