import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMount, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { bundleEngine, runBundle } from './testing/bundledCommand';
import type { CommandRun } from './testing/bundledCommand';

const MiB = 2 ** 20;
const onTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;

let root: string;
let mounted: Mounted | undefined;
/** Where Deno keeps what it has compiled; elsewhere than on the disk that is measured. */
let denoDir: string | undefined;

beforeAll(() => bundleEngine(), 60_000);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'disk-root-'));
  denoDir = root;
});

afterEach(() => {
  mounted?.unmount();
  mounted = undefined;
  rmSync(root, { recursive: true, force: true });
});

/** What the tests look into of the JSON document. */
interface Document {
  roomMakers: { id: string; path: string; bytes: number }[];
  steps: object[];
  largeFiles: { files: { path: string }[] };
}

/** Everything that the command could want to write is on the disk of the folder. */
async function disk(
  folder: string,
  ...args: string[]
): Promise<CommandRun & { document: Document }> {
  const ran = await runBundle(['disk', ...args], {
    env: {
      HOME: folder,
      JUPYTER_SERVER_ROOT: folder,
      TMPDIR: folder,
      DENO_DIR: join(denoDir ?? folder, '.deno'),
      BEDROCK_IMPORT_STATE_DIR: join(folder, '.bedrock-import'),
      HF_HUB_CACHE: join(folder, 'hub')
    }
  });
  return { ...ran, document: JSON.parse(args.includes('--json') ? ran.stdout : '{}') as Document };
}

function trashWith(folder: string, bytes: number): string {
  const trash = join(folder, '.local', 'share', 'Trash');
  mkdirSync(join(trash, 'files'), { recursive: true });
  mkdirSync(join(trash, 'info'));
  writeFileSync(join(trash, 'files', 'old.bin'), new Uint8Array(bytes).fill(1));
  writeFileSync(
    join(trash, 'info', 'old.bin.trashinfo'),
    `[Trash Info]\nPath=${folder}/old.bin\nDeletionDate=2026-11-28T10:00:00\n`
  );
  return trash;
}

describe('disk', () => {
  onTmpfs('says what is needed, what is missing, what would free it, and what to do', async () => {
    mounted = mountTmpfs('size=64m');
    const { folder } = mounted;
    const trash = trashWith(folder, 20 * MiB);
    const model = join(folder, 'hub', 'models--org--name');
    mkdirSync(join(model, 'snapshots', 'a'.repeat(40)), { recursive: true });
    mkdirSync(join(model, 'blobs'));
    writeFileSync(join(model, 'blobs', 'b'.repeat(64)), new Uint8Array(30 * MiB));
    symlinkSync(
      `../../blobs/${'b'.repeat(64)}`,
      join(model, 'snapshots', 'a'.repeat(40), 'model.safetensors')
    );
    const before = readdirSync(folder, { recursive: true });

    const { code, document } = await disk(folder, '--size', '61GB', '--json');
    const available = Number(
      execFileSync('df', ['-B1', '--output=avail', folder], { encoding: 'utf8' }).split('\n')[1]
    );
    expect(code).toBe(3);
    expect(document).toMatchObject({
      path: folder,
      sizeBytes: 61e9,
      requiredBytes: 66_050_000_000,
      availableBytes: available,
      missingBytes: 66_050_000_000 - available,
      fits: false,
      fitsAfterFreeing: false,
      folder: join(folder, 'hub'),
      folderOnDisk: true,
      volume: { neededGb: 64, smallestGb: 1, rules: [] }
    });
    expect(document.roomMakers).toEqual([
      expect.objectContaining({ id: 'cache', path: model }),
      expect.objectContaining({ id: 'trash', path: trash })
    ]);
    expect(document.roomMakers[0]?.bytes).toBeGreaterThanOrEqual(30 * MiB);
    expect(document.steps.length).toBeGreaterThan(0);

    const words = await disk(folder, '--size', '61GB');
    expect(words.code).toBe(3);
    expect(words.stdout).toMatch(/^Missing +\S+ GB$/m);
    expect(words.stdout).toMatch(/^What could be freed, which would not be enough:$/m);
    expect(words.stdout).toMatch(/^ +3\d\.\d\d MB {2}model org\/name of the Hugging Face cache/m);
    expect(words.stdout).toMatch(/^ +1\. Use a folder on another disk/m);
    // It has looked, and nothing else.
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  onTmpfs('works on a disk without a byte and without an inode', async () => {
    mounted = mountTmpfs('size=4m,nr_inodes=12');
    const { folder } = mounted;
    denoDir = folder;
    trashWith(folder, 2 * MiB);
    for (let number = 0; ; number++) {
      try {
        writeFileSync(join(folder, `file-${number}`), new Uint8Array(4 * MiB));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC' && number > 12) {
          break;
        }
      }
    }
    const { code, stderr, document } = await disk(folder, '--size', '1', '--largest', '--json');
    expect(stderr).not.toMatch(/Error|panicked/);
    expect(code).toBe(3);
    expect(document).toMatchObject({
      availableBytes: 0,
      fits: false,
      missingBytes: 2_000_000_002,
      usage: { inodes: { available: 0 } },
      roomMakers: [{ id: 'trash' }]
    });
    expect(document.largeFiles.files[0]?.path).toMatch(/old\.bin$|file-0$/);
    expect((await disk(folder)).code).toBe(0);
  });

  it('lists the largest files under another root, notebooks with their outputs', async () => {
    const outputs = [{ output_type: 'stream', text: 'x'.repeat(200_000) }];
    writeFileSync(join(root, 'a.ipynb'), JSON.stringify({ cells: [{ outputs }], nbformat: 4 }));
    writeFileSync(join(root, 'b.bin'), new Uint8Array(300_000));
    writeFileSync(join(root, 'c.bin'), new Uint8Array(10));
    const home = mkdtempSync(join(tmpdir(), 'disk-home-'));
    denoDir = home;
    try {
      const { code, stdout } = await disk(home, '--root', root, '--largest', '2');
      expect(code).toBe(0);
      const list = stdout.slice(stdout.indexOf('The largest of 3 files')).trimEnd().split('\n');
      expect(list[0]).toBe(`The largest of 3 files under ${root}:`);
      expect(list[1]).toMatch(/^ +30\d\.\d+ kB {2}\S+ \S+ UTC +\S*b\.bin$/);
      expect(list[2]).toMatch(/^ +20\d\.\d+ kB .* 200\.0\d kB in outputs {2}\S*a\.ipynb$/);
      expect(list).toHaveLength(3);
      const json = await disk(home, '--root', root, '--largest', '--json');
      expect(json.document).toMatchObject({
        path: root,
        root,
        largeFiles: {
          looked: 3,
          unreadable: 0,
          files: [{}, { outputBytes: JSON.stringify(outputs).length }, {}]
        }
      });
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it.each([
    [['--size', 'much'], 'SIZE_INVALID'],
    [['--largest', '0'], 'USAGE'],
    [['--size', '1GB', '--model', 'a/b'], 'USAGE'],
    [['--largest', '--root', '/no/such/folder'], 'FOLDER_UNREADABLE']
  ])('refuses %j', async (args, code) => {
    const ran = await disk(root, ...args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`Error ${code}`);
  });
});
