import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox, type StartedSandbox } from '../testing';
import { openGenerated, type GeneratedEntry } from './generatedContent';

const MODEL = 'acme/made-up';
const entries: GeneratedEntry[] = [
  { path: 'model-00001-of-00002.safetensors', sizeBytes: 40_000_001, seed: 1 },
  { path: 'model-00002-of-00002.safetensors', sizeBytes: 20_000_000, seed: 2, tensor: 'lm_head' },
  { path: 'notes/small.txt', sizeBytes: 1000, seed: 3 },
  { path: 'config.json', sizeBytes: 9 },
  { path: 'huge.safetensors', sizeBytes: 6_000_000_000, sha256: 'ab'.repeat(32) }
];

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    models: {
      [MODEL]: { 'config.json': '{}', '.sandbox.json': JSON.stringify({ generated: entries }) }
    }
  });
});

afterAll(() => sandbox?.stop());

const get = (path: string, range?: string) =>
  fetch(`${sandbox.hubUrl}/${MODEL}/resolve/main/${path}`, {
    headers: range === undefined ? {} : { Range: `bytes=${range}` }
  });

const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

interface Listed {
  path: string;
  size: number;
  oid: string;
  lfs?: { oid: string; size: number };
}

async function listing(): Promise<Listed[]> {
  const url = `${sandbox.hubUrl}/api/models/${MODEL}/tree/main?recursive=true`;
  const all = (await (await fetch(url)).json()) as Array<Listed & { type: string }>;
  return all.filter(entry => entry.type === 'file');
}

describe('generated files', () => {
  it('are listed with the hashes of what is served', async () => {
    const listed = await listing();
    expect(listed.map(file => [file.path, file.size])).toEqual([
      ['config.json', 2],
      ['huge.safetensors', 6_000_000_000],
      ['model-00001-of-00002.safetensors', 40_000_001],
      ['model-00002-of-00002.safetensors', 20_000_000],
      ['notes/small.txt', 1000]
    ]);
    for (const { path, size, lfs, oid } of listed.filter(file => file.size < 1e9)) {
      const bytes = await bytesOf(await get(path));
      expect(bytes).toHaveLength(size);
      if (lfs === undefined) {
        const hash = createHash('sha1').update(`blob ${size}\0`).update(bytes);
        expect(oid).toBe(hash.digest('hex'));
      } else {
        expect(lfs.oid).toBe(createHash('sha256').update(bytes).digest('hex'));
      }
    }
    expect(listed.find(file => file.path === 'huge.safetensors')?.lfs?.oid).toBe('ab'.repeat(32));
  });

  it.each(entries.filter(entry => entry.path.endsWith('.safetensors')))(
    'begin with a header whose tensor ends with the file: $path',
    async ({ path, sizeBytes, tensor }) => {
      const length = Number((await bytesOf(await get(path, '0-7'))).readBigUInt64LE());
      const header = await bytesOf(await get(path, `8-${7 + length}`));
      const { __metadata__: _, ...tensors } = JSON.parse(header.toString()) as Record<
        string,
        { dtype: string; shape: number[]; data_offsets: [number, number] }
      >;
      const [[name, found] = []] = Object.entries(tensors);
      const dataBytes = sizeBytes - 8 - length;
      expect(found).toEqual({
        dtype: 'BF16',
        shape: [dataBytes / 2],
        data_offsets: [0, dataBytes]
      });
      expect(name).toBe(tensor ?? `generated.${path.replace('.safetensors', '')}`);
    }
  );

  it('give the same bytes for any range, across the places where the block starts again', async () => {
    const path = 'model-00001-of-00002.safetensors';
    const whole = await bytesOf(await get(path));
    for (const [start, end] of [
      [0, 40_000_000],
      [10, 200],
      [16_777_000, 34_000_000],
      [39_999_999, 40_000_000]
    ] as const) {
      const answer = await get(path, `${start}-${end}`);
      expect([answer.status, answer.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${end}/40000001`
      ]);
      expect((await bytesOf(answer)).equals(whole.subarray(start, end + 1))).toBe(true);
    }
    const far = await bytesOf(await get('huge.safetensors', '5999999000-'));
    expect(far).toHaveLength(1000);
  });

  it('differ by seed, and repeat at no distance that parts are cut by', async () => {
    const read = async (seed: number, position: number) =>
      Buffer.from(
        await openGenerated({ path: 'a.bin', sizeBytes: 2e9, seed }).read(position, 4096)
      ).toString('hex');
    const chunks = await Promise.all([
      ...[1, 2, 3].map(seed => read(seed, 0)),
      ...[8, 16, 32, 64, 512].map(mib => read(1, mib * 2 ** 20))
    ]);
    expect(new Set(chunks).size).toBe(chunks.length);
  });

  it('are hashed once, and kept beside the settings for the next start', async () => {
    const file = join(sandbox.modelsDirectory, MODEL, '.sandbox-hashes.json');
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    // Neither the one on disk nor the one whose hash was given.
    expect(Object.keys(kept)).toHaveLength(3);
    const before = (await stat(file)).mtimeMs;
    await listing();
    expect((await stat(file)).mtimeMs).toBe(before);
    const told = Object.fromEntries(Object.keys(kept).map(key => [key, 'cd'.repeat(32)]));
    await writeFile(file, JSON.stringify(told));
    const second = await startSandbox({ modelsDirectory: sandbox.modelsDirectory });
    try {
      const url = `${second.hubUrl}/api/models/${MODEL}/tree/main`;
      expect(JSON.stringify(await (await fetch(url)).json())).toContain('cd'.repeat(32));
    } finally {
      await second.stop();
      await writeFile(file, JSON.stringify(kept));
    }
  });
});
