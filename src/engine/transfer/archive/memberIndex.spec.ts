import { createHash } from 'node:crypto';
import { ArchiveFault } from './archiveErrors';
import { MAX_ENTRIES, MemberIndex } from './memberIndex';
import { makeArchives } from './testing/archives';
import type { Archives } from './testing/archives';
import { TarParser } from './tarParser';
import { unpackBytes } from './unpackedBytes';

let archives: Archives;

beforeAll(async () => {
  archives = await makeArchives();
}, 60_000);

afterAll(() => archives?.remove());

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

async function indexOf(bytes: Uint8Array, pieceBytes: number): Promise<MemberIndex> {
  const index = new MemberIndex();
  const parser = new TarParser(index);
  for await (const piece of unpackBytes(inPieces(bytes, pieceBytes))) {
    parser.push(piece);
  }
  parser.finish();
  return index;
}

async function unpacked(bytes: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpackBytes(inPieces(bytes, 65_536))) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const WHOLE = [
  'pax.tar.gz',
  'gnu.tar.gz',
  'ustar.tar',
  'odd-pax.tar.gz',
  'odd-gnu.tar.gz',
  'odd-global.tar',
  'folder.tar.gz',
  'members.tar.gz',
  'zeros-behind.tar.gz',
  'no-end.tar',
  'system-gnu.tar',
  'system-v7.tar',
  'system-posix.tar.gz',
  'sparse-gnu.tar',
  'sparse-posix.tar',
  'sparse-posix-0.tar'
];

/** Names that Python reads and a copy does not take. */
const REFUSED = /^\/|(^|\/)\.\.(\/|$)|(^|\/)\._/;

it.each(WHOLE)('reads %s as Python does, and says where every byte is', async name => {
  const bytes = await archives.read(name);
  const index = await indexOf(bytes, 65_536);
  const byPython = Object.entries(archives.expected[name] ?? {}).filter(
    ([path]) => !REFUSED.test(path)
  );
  const expected = byPython.map(([path, file]) => ({
    path: path
      .split('/')
      .filter(part => part !== '' && part !== '.')
      .join('/'),
    ...file
  }));
  expect(expected.length).toBeGreaterThan(1);
  const members = [...index.members.values()];
  expect(members.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes }))).toEqual(
    expected
  );
  const tar = await unpacked(bytes);
  for (const { path, offset, sizeBytes, sha256 } of members) {
    const found = createHash('sha256').update(tar.subarray(offset, offset + sizeBytes));
    expect([path, found.digest('hex')]).toEqual([path, sha256]);
  }
  const offsets = members.map(({ offset }) => offset);
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
});

it.each([1, 7, 511, 513])('reads pieces of %i bytes', async size => {
  const bytes = await archives.read('odd-pax.tar.gz');
  const whole = await indexOf(bytes, bytes.length);
  const pieces = await indexOf(bytes, size);
  expect([...pieces.members]).toEqual([...whole.members]);
  expect(pieces.leftOut).toEqual(whole.leftOut);
  const tar = await unpacked(bytes);
  expect([...(await indexOf(tar, size)).members]).toEqual([...whole.members]);
});

it('says of everything that is not taken why', async () => {
  const { leftOut } = await indexOf(await archives.read('odd-gnu.tar.gz'), 65_536);
  const reasons = Object.fromEntries(leftOut.map(({ path, reason }) => [path, reason]));
  expect(reasons).toEqual({
    'link.safetensors': `a symbolic link to ../blobs/${'d'.repeat(130)} in the archive, not a file`,
    'hard.safetensors': 'a hard link to ./config.json in the archive, not a file',
    device: 'a device in the archive, not a file',
    block: 'a device in the archive, not a file',
    pipe: 'a pipe in the archive, not a file',
    '/etc/passwd': 'an absolute path in the archive',
    '../outside.json': 'a path in the archive that leads out of it',
    './a/../../b.json': 'a path in the archive that leads out of it',
    './._model.safetensors': 'what macOS keeps beside a file; not a file of the model'
  });
});

it.each(['sparse-gnu.tar', 'sparse-posix.tar', 'sparse-posix-0.tar'])(
  'leaves the sparse file of %s out by its name, and reads on behind it',
  async name => {
    const { leftOut } = await indexOf(await archives.read(name), 65_536);
    expect(leftOut).toContainEqual({
      path: 'holes.bin',
      sizeBytes: expect.any(Number) as number,
      reason: expect.stringMatching(/sparse/) as string
    });
  }
);

it('leaves out names that are not UTF-8', async () => {
  const index = await indexOf(await archives.read('latin.tar'), 65_536);
  expect([...index.members.keys()]).toEqual(['config.json']);
  expect(index.leftOut).toEqual([
    { path: '(not UTF-8)', sizeBytes: 1, reason: 'its name in the archive is not UTF-8' }
  ]);
});

it('keeps the last text of a name', async () => {
  const index = await indexOf(await archives.read('odd-pax.tar.gz'), 65_536);
  expect(new TextDecoder().decode(index.texts.get('config.json'))).toContain('LlamaForCausalLM');
});

it.each([
  ['cut.tar.gz', 'ARCHIVE_DAMAGED', /cut off after \d+ unpacked bytes/],
  ['cut-end.tar.gz', 'ARCHIVE_DAMAGED', /cut off after \d+ unpacked bytes/],
  ['cut.tar', 'ARCHIVE_DAMAGED', /cut off inside model-00001-of-00002\.safetensors, after/],
  ['bad-crc.tar.gz', 'ARCHIVE_DAMAGED', /incorrect data check/],
  ['garbage-behind.tar.gz', 'ARCHIVE_DAMAGED', /incorrect header check/],
  ['later-bad-header.tar', 'ARCHIVE_DAMAGED', /no file header .* at unpacked byte 1024/],
  ['bad-header.tar', 'ARCHIVE_UNKNOWN_FORMAT', /not a tar archive/],
  ['random.tar.gz', 'ARCHIVE_UNKNOWN_FORMAT', /not a tar archive/],
  ['random-zipped.tar.gz', 'ARCHIVE_UNKNOWN_FORMAT', /not a tar archive/],
  ['zip.tar.gz', 'ARCHIVE_UNKNOWN_FORMAT', /a zip file/],
  ['xz.tar.gz', 'ARCHIVE_UNKNOWN_FORMAT', /compressed with xz/],
  ['nothing.tar.gz', 'ARCHIVE_EMPTY', /empty object/]
])('refuses %s with %s', async (name, code, words) => {
  const refusal = await indexOf(await archives.read(name), 65_536).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ArchiveFault);
  expect(refusal).toMatchObject({ code, message: expect.stringMatching(words) as string });
});

describe('headers that were made to do harm', () => {
  const header = (facts: { name?: string; size?: string; type?: string }): Buffer => {
    const block = Buffer.alloc(512);
    block.write(facts.name ?? 'file', 0, 'latin1');
    block.write('0000644\0', 100);
    block.write(facts.size ?? '00000000000\0', 124, 'latin1');
    block.write('        ', 148);
    block.write(facts.type ?? '0', 156);
    block.write('ustar\x0000', 257, 'latin1');
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return block;
  };
  const base256 = (size: bigint): string =>
    '\x80' +
    Array.from({ length: 11 }, (_, index) =>
      String.fromCharCode(Number((size >> BigInt(8 * (10 - index))) & 255n))
    ).join('');

  it('reads sizes that octal digits cannot hold', async () => {
    const tar = header({ size: base256(5n * 2n ** 40n + 1n) });
    await expect(indexOf(tar, 512)).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      message: expect.stringContaining(String(5 * 2 ** 40 + 1)) as string
    });
  });

  it('takes a size beyond all numbers for no header', async () => {
    const tar = Buffer.concat([header({}), header({ size: base256(2n ** 80n) })]);
    await expect(indexOf(tar, 512)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });

  it('does not keep a name of a gigabyte', async () => {
    const tar = header({ type: 'L', size: '10000000000\0' });
    await expect(indexOf(tar, 512)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });

  it.each(['junk', '99 path=x\n', '7 path=\n', '0 path=x\n', '10 path=xx'])(
    'refuses the pax header %j',
    async body => {
      const size = `${body.length.toString(8).padStart(11, '0')}\0`;
      const padded = Buffer.alloc(512);
      padded.write(body);
      const tar = Buffer.concat([header({ type: 'x', size }), padded, header({})]);
      await expect(indexOf(tar, 512)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    }
  );

  it('stops at more entries than a model has', async () => {
    const tar = Buffer.alloc(512 * (MAX_ENTRIES + 1));
    const block = header({});
    for (let at = 0; at < tar.length; at += 512) {
      block.copy(tar, at);
    }
    await expect(indexOf(tar, 2 ** 20)).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
  });

  it('cannot be made to write control characters', async () => {
    const tar = Buffer.concat([header({ name: 'a\nb' }), header({ name: '\x1b[31m' })]);
    const { leftOut, members } = await indexOf(tar, 512);
    expect(members.size).toBe(0);
    expect(leftOut.map(({ path }) => path)).toEqual(['a?b', '?[31m']);
  });

  it('forgets a file that a later link of the same name replaces', async () => {
    const tar = Buffer.concat([header({}), header({ type: '2' })]);
    expect((await indexOf(tar, 512)).members.size).toBe(0);
  });
});
