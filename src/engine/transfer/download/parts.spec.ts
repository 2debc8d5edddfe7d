import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thrownBy } from '../../testing/thrownBy';
import { ByteRanges } from './byteRanges';
import { placesOf } from './cacheLayout';
import { RangeRecord } from './rangeRecord';

describe('the places of a file', () => {
  const model = { cacheFolder: '/c', modelId: 'org/name', commitSha: 'a'.repeat(40) };
  const file = { path: 'sub/model.bin', sizeBytes: 1, gitOid: 'b'.repeat(40) };

  it('are those of huggingface_hub', () => {
    expect(placesOf(model, { ...file, sha256: 'd'.repeat(64) })).toMatchObject({
      blob: `/c/models--org--name/blobs/${'d'.repeat(64)}`,
      pointer: `/c/models--org--name/snapshots/${'a'.repeat(40)}/sub/model.bin`,
      lock: `/c/.locks/models--org--name/${'d'.repeat(64)}.lock`
    });
    expect(placesOf(model, file).blob).toBe(`/c/models--org--name/blobs/${'b'.repeat(40)}`);
  });

  it.each([
    { path: '../evil' },
    { path: '/etc/passwd' },
    { path: 'a//b' },
    { path: 'a\\..\\b' },
    { path: '' },
    { sha256: '../../x' },
    { gitOid: 'zz' }
  ])('never leave the cache: %j', change => {
    expect(thrownBy(() => placesOf(model, { ...file, ...change })).code).toBe(
      'HUB_LISTING_INVALID'
    );
  });
});

describe('ranges that are there', () => {
  it('join, overlap and leave the rest missing', () => {
    const ranges = new ByteRanges([
      { start: 10, end: 20 },
      { start: 30, end: 40 }
    ]);
    ranges.add({ start: 18, end: 30 });
    ranges.add({ start: 5, end: 5 });
    expect(ranges.toArray()).toEqual([{ start: 10, end: 40 }]);
    expect(ranges.totalBytes).toBe(30);
    expect(ranges.missing(100, 25)).toEqual([
      { start: 0, end: 10 },
      { start: 40, end: 65 },
      { start: 65, end: 90 },
      { start: 90, end: 100 }
    ]);
  });

  it('agree with a list of single bytes, whatever is added', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const size = 1 + random(60);
      const bytes = new Array<boolean>(size).fill(false);
      const ranges = new ByteRanges();
      for (let added = random(8); added > 0; added--) {
        const start = random(size);
        const end = start + random(size - start + 1);
        ranges.add({ start, end });
        bytes.fill(true, start, end);
      }
      const missing = ranges.missing(size, 1 + random(10));
      const found = new Array<boolean>(size).fill(true);
      missing.forEach(({ start, end }) => found.fill(false, start, end));
      expect(found).toEqual(bytes);
      expect(missing.every(({ start, end }) => end > start)).toBe(true);
    }
  });
});

describe('the record of ranges', () => {
  let folder: string;
  let path: string;
  const blob = 'e'.repeat(64);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ranges-'));
    path = join(folder, 'record');
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function write(...states: { start: number; end: number }[][]): Promise<void> {
    const record = await RangeRecord.open(path, blob, 1000);
    for (const ranges of states) {
      await record.write(blob, 1000, ranges);
    }
    await record.close();
  }

  it('says after a restart what was written last', async () => {
    await write([{ start: 0, end: 10 }], [{ start: 0, end: 20 }], [{ start: 0, end: 30 }]);
    expect(await RangeRecord.peek(path, blob, 1000)).toEqual([{ start: 0, end: 30 }]);
    expect(await RangeRecord.peek(path, 'f'.repeat(64), 1000)).toEqual([]);
    expect(await RangeRecord.peek(path, blob, 999)).toEqual([]);
  });

  it.each([0, 1])('passes over slot %i when it is torn', async slot => {
    await write([{ start: 0, end: 10 }], [{ start: 0, end: 20 }]);
    const handle = await open(path, 'r+');
    await handle.write(new Uint8Array(40), 0, 40, slot * 8192 + 90);
    await handle.close();
    const [only] = await RangeRecord.peek(path, blob, 1000);
    expect([10, 20]).toContain(only?.end);
    const both = await open(path, 'r+');
    await both.write(new Uint8Array(40), 0, 40, (1 - slot) * 8192 + 90);
    await both.close();
    expect(await RangeRecord.peek(path, blob, 1000)).toEqual([]);
  });

  it('takes its place from the start, so that a full disk can still be told', async () => {
    await write([]);
    const before = (await readFile(path)).length;
    await write(Array.from({ length: 5000 }, (_, i) => ({ start: i * 2, end: i * 2 + 1 })));
    expect((await readFile(path)).length).toBe(before);
    expect((await RangeRecord.peek(path, blob, 1000)).length).toBeGreaterThan(100);
  });

  it('begins anew in a file that is no record', async () => {
    await writeFile(path, 'something else');
    await write([{ start: 1, end: 2 }]);
    expect(await RangeRecord.peek(path, blob, 1000)).toEqual([{ start: 1, end: 2 }]);
  });
});
