import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { rejectedBy } from '../../testing/thrownBy';
import { inspectModel } from '../../model';
import type { ModelListing } from '../../model';
import { openFolder } from './openFolder';

let base: string;
let folder: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'folder-source-')));
  folder = join(base, 'my model');
  await put('config.json', '{"architectures":["LlamaForCausalLM"]}');
});

afterEach(() => rm(base, { recursive: true, force: true }));

async function put(path: string, content: string | Uint8Array = 'x'): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

async function list(path = folder): Promise<ModelListing> {
  return (await openFolder(path)).files.model;
}

const reasons = ({ leftOut = [] }: ModelListing): Record<string, string> =>
  Object.fromEntries(leftOut.map(({ path, reason }) => [path, reason]));

describe('the listing of a folder', () => {
  it('has every file with its size and time, in the order of the paths', async () => {
    await put('model.safetensors', new Uint8Array(1000));
    await put('additional_chat_templates/tool.jinja', '{{ 1 }}');
    await put('empty.json', '');
    await put('odd name +100% ü.txt');
    await utimes(join(folder, 'model.safetensors'), 1_700_000_000, 1_700_000_000.25);
    const { id, files } = await list();
    expect(id).toBe('my-model');
    expect(files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ['additional_chat_templates/tool.jinja', 7],
      ['config.json', 38],
      ['empty.json', 0],
      ['model.safetensors', 1000],
      ['odd name +100% ü.txt', 1]
    ]);
    expect(files[3]?.modifiedMs).toBe(1_700_000_000_250);
  });

  it('passes over hidden folders and what is no file, and says why', async () => {
    await put('.git/objects/ab', 'x');
    await put('.cache/huggingface/download/model.lock', 'x');
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    const listing = await list();
    expect(listing.files.map(({ path }) => path)).toEqual(['config.json']);
    expect(reasons(listing)).toEqual({
      '.cache/': 'hidden folder',
      '.git/': 'hidden folder',
      pipe: 'not a file but a device, a pipe or a socket'
    });
    expect(listing.checks).toEqual([]);
  });

  it('follows links to files inside, and no others', async () => {
    await put('sub/weights', new Uint8Array(7));
    await writeFile(join(base, 'secret'), 'of somebody');
    await symlink('sub/weights', join(folder, 'inside.bin'));
    await symlink('../secret', join(folder, 'outside.bin'));
    await symlink('nothing', join(folder, 'broken.bin'));
    await symlink('loop.bin', join(folder, 'loop.bin'));
    await symlink('.', join(folder, 'again'));
    const listing = await list();
    expect(listing.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toContainEqual([
      'inside.bin',
      7
    ]);
    expect(reasons(listing)).toEqual({
      again: 'a link to a folder',
      'broken.bin': 'a link that leads nowhere',
      'loop.bin': 'a link that leads nowhere',
      'outside.bin': 'a link that leads out of the folder'
    });
  });

  it('blocks when a file of the model is one that cannot be used', async () => {
    await symlink('gone', join(folder, 'model.safetensors'));
    await writeFile(join(base, 'tokenizer.json'), '{}');
    await symlink('../tokenizer.json', join(folder, 'tokenizer.json'));
    const { checks } = await inspectModel((await openFolder(folder)).files);
    const check = checks.find(({ id }) => id === 'folder-files-usable');
    expect(check?.verdict).toBe('blocker');
    expect(check?.found).toContain('model.safetensors (a link that leads nowhere)');
    expect(check?.found).toContain('tokenizer.json (a link that leads out of the folder)');
  });

  it('follows the links of a snapshot in a Hugging Face cache to its blobs only', async () => {
    folder = join(base, 'models--org--name/snapshots/0123abc');
    await put('config.json', '{}');
    await mkdir(join(base, 'models--org--name/blobs'));
    await writeFile(join(base, 'models--org--name/blobs/aa'), 'weights');
    await writeFile(join(base, 'models--org--name/refs'), 'x');
    await symlink('../../blobs/aa', join(folder, 'model.safetensors'));
    await symlink('../../refs', join(folder, 'tokenizer.json'));
    const listing = await list();
    expect(listing.id).toBe('org/name');
    expect(listing.files.map(({ path }) => path)).toEqual(['config.json', 'model.safetensors']);
    expect(reasons(listing)).toEqual({ 'tokenizer.json': 'a link that leads out of the folder' });
    const top = await list(join(base, 'models--org--name'));
    expect(top.checks).toContainEqual(
      expect.objectContaining({ id: 'folder-is-a-cache', verdict: 'blocker' })
    );
  });

  it('leaves out names that S3 or this program cannot write', async () => {
    await put('new\nline.json');
    const notUtf8 = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff, 0x62])]);
    await writeFile(notUtf8, 'x');
    expect(reasons(await list())).toEqual({
      'new\nline.json': 'its name holds a control character, which listings of S3 cannot show',
      'a\uFFFDb': 'its name is not UTF-8'
    });
  });

  it('has a fingerprint that changes with what an import takes and with nothing else', async () => {
    await put('train.log', '1');
    const fingerprint = async () => (await openFolder(folder)).source.fingerprint;
    const before = await fingerprint();
    await put('train.log', '1\n2');
    expect(await fingerprint()).toBe(before);
    await utimes(join(folder, 'config.json'), 1_700_000_000, 1_700_000_000);
    expect(await fingerprint()).not.toBe(before);
  });

  it('reads a small file, and refuses a large one, one that is gone and one that has changed', async () => {
    const { files } = await openFolder(folder);
    expect(new TextDecoder().decode(await files.readFile('config.json'))).toContain('Llama');
    expect((await rejectedBy(files.readFile('config.json', { maxBytes: 5 }))).code).toBe(
      'FOLDER_FILE_TOO_LARGE'
    );
    expect((await rejectedBy(files.readFile('nothing.json'))).code).toBe('FOLDER_NOT_FOUND');
    await put('config.json', '{}');
    expect((await rejectedBy(files.readFile('config.json'))).code).toBe('FILE_CHANGED');
    await rm(join(folder, 'config.json'));
    expect((await rejectedBy(files.readFile('config.json'))).code).toBe('FILE_CHANGED');
  });
});

describe('a folder that cannot be used', () => {
  it.each([
    ['nothing there', () => join(base, 'nowhere'), 'FOLDER_NOT_FOUND'],
    ['a file', () => join(folder, 'config.json'), 'FOLDER_NOT_FOUND'],
    ['a path through a file', () => join(folder, 'config.json/deeper'), 'FOLDER_NOT_FOUND'],
    ['an empty folder', () => join(base, 'empty'), 'FOLDER_EMPTY']
  ])('is refused: %s', async (_what, path, code) => {
    await mkdir(join(base, 'empty'));
    const error = await rejectedBy(openFolder(path()));
    expect([error.code, error.subject]).toEqual([code, path()]);
  });

  it('is refused when it, a folder in it or a file of the model may not be read', async () => {
    await put('model.safetensors', 'weights');
    await put('locked/x');
    await chmod(base, 0o755);
    const as = asNobody();
    try {
      await chmod(join(folder, 'model.safetensors'), 0);
      expect(await as(() => rejectedBy(openFolder(folder)))).toMatchObject({
        code: 'FOLDER_UNREADABLE',
        subject: join(folder, 'model.safetensors')
      });
      await chmod(join(folder, 'locked'), 0);
      expect(await as(() => rejectedBy(openFolder(folder)))).toMatchObject({
        code: 'FOLDER_UNREADABLE',
        subject: join(folder, 'locked')
      });
      await chmod(folder, 0);
      expect((await as(() => rejectedBy(openFolder(folder)))).code).toBe('FOLDER_UNREADABLE');
    } finally {
      await chmod(folder, 0o755);
      await chmod(join(folder, 'locked'), 0o755);
    }
  });

  it('stops when it is cancelled', async () => {
    const error = await rejectedBy(openFolder(folder, { signal: AbortSignal.abort() }));
    expect(error.code).toBe('CANCELLED');
  });
});

/** The superuser may read everything, so the work is done with the rights of somebody else. */
function asNobody(): <T>(work: () => Promise<T>) => Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) {
    return work => work();
  }
  return async work => {
    seteuid(65_534);
    try {
      return await work();
    } finally {
      seteuid(0);
    }
  };
}
