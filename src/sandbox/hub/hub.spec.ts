import {
  checkRepoAccess,
  downloadFile,
  fileDownloadInfo,
  listFiles,
  listModels,
  modelInfo,
  pathsInfo,
  type HubApiError,
  type ListFileEntry
} from '@huggingface/hub';
import { createHash, randomBytes } from 'node:crypto';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox, writeModels, type StartedSandbox } from '../testing';

const weights = randomBytes(1_500_000);
const config = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}\n';
const readme = '---\nlicense: apache-2.0\nlanguage:\n- en\n---\n# Tiny\n';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const gitOid = (bytes: string | Uint8Array) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(bytes)}\0`)
    .update(bytes)
    .digest('hex');

let sandbox: StartedSandbox;
let hubUrl: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    models: {
      'acme/tiny': {
        'config.json': config,
        'README.md': readme,
        '.gitattributes': '*.safetensors filter=lfs\n',
        'model.safetensors': weights,
        'extra/ö b.txt': 'odd name',
        '.git/config': 'not for the hub',
        '.sandbox.json': '{}'
      },
      'acme/gated': {
        'config.json': config,
        '.sandbox.json': '{"gated":"manual","tokens":["hf_friend"]}'
      },
      'acme/secret': {
        'config.json': config,
        '.sandbox.json': '{"private":true,"tokens":["hf_friend"]}'
      },
      'acme/liar': {
        'config.json': config,
        'model.safetensors': weights,
        '.sandbox.json': JSON.stringify({
          lie: { 'model.safetensors': { size: 123, sha256: '0'.repeat(64), where: 'everywhere' } }
        })
      },
      'acme/evil': {
        'config.json': config,
        '.sandbox.json': '{"listing":[{"path":"../evil","size":1},{"path":"a","size":-5}]}'
      },
      'acme/wide': Object.fromEntries(
        Array.from({ length: 1100 }, (_, index) => [`part-${index}.txt`, `${index}`])
      )
    }
  });
  hubUrl = sandbox.hubUrl;
});

afterAll(() => sandbox?.stop());

const repo = (name: string) => ({ type: 'model' as const, name });

async function filesOf(name: string): Promise<ListFileEntry[]> {
  const files: ListFileEntry[] = [];
  for await (const file of listFiles({ repo: repo(name), recursive: true, hubUrl })) {
    files.push(file);
  }
  return files;
}

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${hubUrl}${path}`, { redirect: 'manual', ...init });
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe('the hub as @huggingface/hub sees it', () => {
  it('tells the facts of a model', async () => {
    const info = await modelInfo({
      name: 'acme/tiny',
      hubUrl,
      additionalFields: ['sha', 'cardData', 'tags', 'config']
    });
    expect(info).toMatchObject({ name: 'acme/tiny', gated: false, private: false });
    expect(info.sha).toMatch(/^[0-9a-f]{40}$/);
    expect(info.cardData).toMatchObject({ license: 'apache-2.0', language: ['en'] });
    expect(info.tags).toContain('license:apache-2.0');
    expect(info.config).toMatchObject({ model_type: 'llama' });
  });

  it('lists files with the hashes that git and LFS have for them', async () => {
    const files = await filesOf('acme/tiny');
    expect(files.filter(file => file.type === 'file').map(file => file.path)).toEqual([
      '.gitattributes',
      'README.md',
      'config.json',
      'extra/ö b.txt',
      'model.safetensors'
    ]);
    expect(files.find(file => file.path === 'config.json')).toMatchObject({
      oid: gitOid(config),
      size: config.length
    });
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(weights)}\nsize ${weights.length}\n`;
    expect(files.find(file => file.path === 'model.safetensors')).toMatchObject({
      oid: gitOid(pointer),
      size: weights.length,
      lfs: { oid: sha256(weights), size: weights.length, pointerSize: pointer.length }
    });
  });

  it('hands out long listings in pages', async () => {
    const first = await get('/api/models/acme/wide/tree/main?recursive=true');
    expect((await first.json()) as unknown[]).toHaveLength(1000);
    expect(first.headers.get('link')).toMatch(/^<http:\/\/127\.0\.0\.1:\d+\/.*>; rel="next"$/);
    expect(await filesOf('acme/wide')).toHaveLength(1100);
  });

  it('lists one folder when it is not asked for all', async () => {
    const top = (await (await get('/api/models/acme/tiny/tree/main')).json()) as ListFileEntry[];
    expect(top.map(({ type, path }) => `${type} ${path}`)).toContain('directory extra');
    expect(top.map(({ path }) => path)).not.toContain('extra/ö b.txt');
    const inside = (await (
      await get('/api/models/acme/tiny/tree/main/extra')
    ).json()) as ListFileEntry[];
    expect(inside.map(({ path }) => path)).toEqual(['extra/ö b.txt']);
  });

  it('sends small and LFS files whole', async () => {
    const small = await downloadFile({ repo: repo('acme/tiny'), path: 'config.json', hubUrl });
    expect(await small?.text()).toBe(config);
    const odd = await downloadFile({ repo: repo('acme/tiny'), path: 'extra/ö b.txt', hubUrl });
    expect(await odd?.text()).toBe('odd name');
    const large = await downloadFile({
      repo: repo('acme/tiny'),
      path: 'model.safetensors',
      hubUrl
    });
    const bytes = new Uint8Array(await (large as Blob).arrayBuffer());
    expect(sha256(bytes)).toBe(sha256(weights));
  });

  it('answers the probe for size and hash', async () => {
    const info = await fileDownloadInfo({
      repo: repo('acme/tiny'),
      path: 'model.safetensors',
      hubUrl
    });
    expect(info).toMatchObject({ size: weights.length, etag: `"${sha256(weights)}"` });
    expect(
      await fileDownloadInfo({ repo: repo('acme/tiny'), path: 'missing.json', hubUrl })
    ).toBeNull();
  });

  it('tells about single paths and finds models', async () => {
    const [found] = await pathsInfo({
      repo: repo('acme/tiny'),
      paths: ['config.json', 'missing'],
      hubUrl
    });
    expect(found).toMatchObject({ path: 'config.json', size: config.length });
    const names: string[] = [];
    for await (const model of listModels({ search: { query: 'TIN' }, hubUrl })) {
      names.push(model.name);
    }
    expect(names).toEqual(['acme/tiny']);
  });

  it('turns strangers away from private and missing repositories alike', async () => {
    const refused = async (name: string, accessToken?: string) => {
      try {
        await checkRepoAccess({
          repo: repo(name),
          hubUrl,
          ...(accessToken === undefined ? {} : { accessToken })
        });
      } catch (error) {
        const { statusCode, message } = error as HubApiError;
        return `${statusCode} ${message}`;
      }
      return 'let in';
    };
    expect(await refused('acme/none')).toContain('401 Invalid username or password.');
    expect(await refused('acme/secret')).toContain('401 Invalid username or password.');
    expect(await refused('acme/secret', 'hf_stranger')).toContain('404 Repository not found');
    expect(await refused('acme/tiny', 'hf_invalid')).toContain('401 Invalid credentials');
    await checkRepoAccess({ repo: repo('acme/secret'), accessToken: 'hf_friend', hubUrl });
  });
});

describe('the hub on the wire', () => {
  it('describes an LFS file in the redirect to a signed URL, which ranges are read from', async () => {
    const head = await get('/acme/tiny/resolve/main/model.safetensors', { method: 'HEAD' });
    expect(head.status).toBe(302);
    expect(head.headers.get('x-linked-size')).toBe(String(weights.length));
    expect(head.headers.get('x-linked-etag')).toBe(`"${sha256(weights)}"`);
    expect(head.headers.get('x-repo-commit')).toMatch(/^[0-9a-f]{40}$/);
    const location = head.headers.get('location') ?? '';
    const range = await fetch(location, { headers: { Range: 'bytes=1000-1999' } });
    expect(range.status).toBe(206);
    expect(range.headers.get('content-range')).toBe(`bytes 1000-1999/${weights.length}`);
    expect(range.headers.get('content-length')).toBe('1000');
    const bytes = Buffer.from(await range.arrayBuffer());
    expect(bytes.equals(weights.subarray(1000, 2000))).toBe(true);
    const tail = await fetch(location, { headers: { Range: 'bytes=-5' } });
    expect(Buffer.from(await tail.arrayBuffer()).equals(weights.subarray(-5))).toBe(true);
    const past = await fetch(location, { headers: { Range: `bytes=${weights.length}-` } });
    expect(past.status).toBe(416);
    expect(past.headers.get('content-range')).toBe(`bytes */${weights.length}`);
  });

  it('refuses a signed URL that was changed', async () => {
    const head = await get('/acme/tiny/resolve/main/model.safetensors', { method: 'HEAD' });
    const changed = new URL(head.headers.get('location') ?? '');
    changed.searchParams.set('Expires', '99999999999');
    const answer = await fetch(changed);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
  });

  it.each([
    ['/acme/gated/resolve/main/config.json', {}, 401, 'GatedRepo'],
    ['/acme/gated/resolve/main/config.json', bearer('hf_stranger'), 403, 'GatedRepo'],
    ['/acme/gated/resolve/main/config.json', bearer('hf_friend'), 200, null],
    ['/api/models/acme/gated', {}, 200, null],
    ['/api/models/acme/gated/auth-check', {}, 401, 'GatedRepo'],
    ['/acme/secret/resolve/main/config.json', {}, 401, 'RepoNotFound'],
    ['/acme/secret/resolve/main/config.json', bearer('hf_stranger'), 404, 'RepoNotFound'],
    ['/acme/tiny/resolve/main/config.json', bearer('not-a-token'), 401, null],
    ['/acme/tiny/resolve/v9/config.json', {}, 404, 'RevisionNotFound'],
    ['/acme/tiny/resolve/refs%2Fheads%2Fmain/config.json', {}, 200, null],
    ['/acme/tiny/resolve/main/none.json', {}, 404, 'EntryNotFound'],
    ['/acme/tiny/resolve/main/.sandbox.json', {}, 404, 'EntryNotFound'],
    ['/acme/tiny/resolve/main/.git/config', {}, 404, 'EntryNotFound'],
    ['/acme/tiny/resolve/main/..%2f..%2fgated%2fconfig.json', {}, 404, 'EntryNotFound'],
    ['/api/models/acme/tiny/revision/refs%2Fpr%2F1', {}, 404, 'RevisionNotFound'],
    ['/api/models/acme/tiny/tree/main/none', {}, 404, 'EntryNotFound'],
    ['/api/models/..%2f..', {}, 401, 'RepoNotFound'],
    ['/api/whoami-v2', {}, 401, null],
    ['/nothing/here', {}, 404, null]
  ])('answers %s as the hub does', async (path, init, status, code) => {
    const answer = await get(path, init);
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([status, code]);
    if (status >= 400) {
      expect(await answer.json()).toEqual({ error: answer.headers.get('x-error-message') });
    }
  });

  it('knows who holds a token', async () => {
    const answer = await get('/api/whoami-v2', bearer('hf_anybody'));
    expect(await answer.json()).toMatchObject({ type: 'user', name: 'sandbox-user' });
  });

  it('takes the commit sha for a revision until a file changes', async () => {
    await writeModels(sandbox.modelsDirectory, { 'acme/moving': { 'config.json': '{}' } });
    const before = await modelInfo({ name: 'acme/moving', hubUrl, additionalFields: ['sha'] });
    expect((await get(`/acme/moving/resolve/${before.sha}/config.json`)).status).toBe(200);
    await writeFile(join(sandbox.modelsDirectory, 'acme/moving/config.json'), '{"a": 1}');
    const after = await modelInfo({ name: 'acme/moving', hubUrl, additionalFields: ['sha'] });
    expect(after.sha).not.toBe(before.sha);
    expect((await get(`/acme/moving/resolve/${before.sha}/config.json`)).status).toBe(404);
    await rm(join(sandbox.modelsDirectory, 'acme/moving'), { recursive: true });
  });

  it('never serves a changed file under the commit of before, known to the listing or not', async () => {
    const [folder, files] = [join(sandbox.modelsDirectory, 'acme/moving'), ['a.json', 'b.json']];
    await writeModels(sandbox.modelsDirectory, { 'acme/moving': { 'a.json': '1', 'b.json': '1' } });
    const { sha } = await modelInfo({ name: 'acme/moving', hubUrl, additionalFields: ['sha'] });
    await writeFile(join(folder, 'b.json'), 'longer');
    const statuses = await Promise.all(
      files.map(async file => (await get(`/acme/moving/resolve/${sha}/${file}`)).status)
    );
    expect(statuses[1]).toBe(404);
    expect((await get('/acme/moving/resolve/main/b.json')).status).toBe(200);
    await rm(folder, { recursive: true });
    expect((await get(`/acme/moving/resolve/${sha}/a.json`)).status).toBe(401);
  });

  it('never sends other bytes under a signed URL, and passes over links that lead nowhere', async () => {
    const folder = join(sandbox.modelsDirectory, 'acme/moved');
    await writeModels(sandbox.modelsDirectory, { 'acme/moved': { 'a.safetensors': 'one' } });
    await symlink('nowhere', join(folder, 'b.json'));
    const resolved = await get('/acme/moved/resolve/main/a.safetensors');
    const location = resolved.headers.get('location') ?? '';
    expect(await (await fetch(location)).text()).toBe('one');
    await writeFile(join(folder, 'a.safetensors'), 'other');
    expect((await fetch(location)).status).toBe(404);
    await rm(folder, { recursive: true });
    expect((await fetch(location)).status).toBe(404);
  });

  it('lies where a test asks for it', async () => {
    const [liar] = (await filesOf('acme/liar')).filter(file => file.path.endsWith('safetensors'));
    expect(liar).toMatchObject({ size: 123, lfs: { oid: '0'.repeat(64), size: 123 } });
    const head = await get('/acme/liar/resolve/main/model.safetensors', { method: 'HEAD' });
    expect(head.headers.get('x-linked-size')).toBe('123');
    expect((await filesOf('acme/evil')).map(({ path, size }) => [path, size])).toEqual([
      ['../evil', 1],
      ['a', -5]
    ]);
  });
});
