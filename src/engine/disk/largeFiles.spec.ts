import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

import { canMount, mountBind, mountTmpfs } from '../testing/mounts';
import type { Mounted } from '../testing/mounts';
import { listLargeFiles, measureFolder, measureNotebookOutputs } from '.';

const KiB = 1024;
const onTmpfs = canMount(() => mountTmpfs('size=1m')) ? it : it.skip;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'large-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, bytes: number): string {
  const whole = join(root, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, new Uint8Array(bytes).fill(1));
  return whole;
}

/** As du says what a file takes. */
function duOf(path: string): number {
  return Number(execFileSync('du', ['--block-size=1', path], { encoding: 'utf8' }).split('\t')[0]);
}

describe('the largest files', () => {
  it('come the largest first, no more than asked for, with their times', async () => {
    const large = write('a/b/large', 900 * KiB);
    const middle = write('middle', 500 * KiB);
    write('a/small', 100 * KiB);
    utimesSync(large, 0, 1_700_000_000);
    const { files, looked, unreadable } = await listLargeFiles(root, { limit: 2 });
    expect(files).toEqual([
      { path: large, bytes: duOf(large), modifiedAt: '2023-11-14T22:13:20.000Z' },
      { path: middle, bytes: duOf(middle), modifiedAt: expect.any(String) }
    ]);
    expect([looked, unreadable]).toEqual([3, 0]);
  });

  it('follow no link, count a file with two names once, and what a sparse one takes', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      writeFileSync(join(outside, 'other'), new Uint8Array(800 * KiB));
      symlinkSync(outside, join(root, 'folder-link'));
      symlinkSync(join(outside, 'other'), join(root, 'file-link'));
      const twice = write('twice', 300 * KiB);
      linkSync(twice, join(root, 'again'));
      const sparse = write('sparse', 10);
      truncateSync(sparse, 2 ** 40);
      execFileSync('mkfifo', [join(root, 'pipe')]);
      const { files, looked } = await listLargeFiles(root);
      expect(files.map(({ bytes }) => bytes)).toEqual([duOf(twice), duOf(sparse)]);
      expect(looked).toBe(3);
      // The folder itself may be named by a link.
      symlinkSync(root, join(outside, 'root'));
      expect((await listLargeFiles(join(outside, 'root'))).looked).toBe(3);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  onTmpfs('stay on their file system and see through a bind mount', async () => {
    const mounted: Mounted[] = [];
    try {
      const disk = mountTmpfs('size=8m');
      mounted.push(disk);
      mkdirSync(join(disk.folder, 'inner'));
      mkdirSync(join(disk.folder, 'other'));
      writeFileSync(join(disk.folder, 'inner', 'file'), new Uint8Array(64 * KiB));
      const bound = mountBind(join(disk.folder, 'inner'));
      mounted.push(bound);
      execFileSync('mount', ['--move', bound.folder, join(disk.folder, 'other')]);
      mounted[1] = {
        ...bound,
        unmount: () => {
          execFileSync('umount', [join(disk.folder, 'other')]);
          rmSync(bound.folder, { recursive: true });
        }
      };
      mkdirSync(join(disk.folder, 'foreign'));
      execFileSync('mount', ['-t', 'tmpfs', 'none', join(disk.folder, 'foreign')]);
      writeFileSync(join(disk.folder, 'foreign', 'file'), new Uint8Array(128 * KiB));
      try {
        const { files } = await listLargeFiles(disk.folder);
        expect(files.map(({ bytes }) => bytes)).toEqual([64 * KiB]);
      } finally {
        execFileSync('umount', [join(disk.folder, 'foreign')]);
      }
    } finally {
      mounted.reverse().forEach(one => one.unmount());
    }
  });

  it('tell of names that are no UTF-8, and of nothing that has gone meanwhile', async () => {
    const odd = Buffer.concat([Buffer.from(`${root}/odd-`), Buffer.from([0xff, 0xfe])]);
    writeFileSync(odd, new Uint8Array(10));
    write('with\nnewline', 20 * KiB);
    const { files, unreadable } = await listLargeFiles(root);
    expect(files.map(({ path }) => path)).toEqual([join(root, 'with\nnewline')]);
    expect(unreadable).toBe(1);
    expect((await measureFolder(root))?.unreadable).toBe(1);
  });

  it('can be given up, and cannot be had of what is no folder', async () => {
    write('file', 1);
    const signal = AbortSignal.abort();
    await expect(listLargeFiles(root, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(listLargeFiles(join(root, 'file'))).rejects.toMatchObject({
      code: 'FOLDER_UNREADABLE',
      kind: 'usage'
    });
    await expect(listLargeFiles(join(root, 'none'))).rejects.toMatchObject({
      code: 'FOLDER_UNREADABLE'
    });
  });

  it('are the same as those of a whole list that is sorted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(40), { maxLength: 30 }),
        fc.integer({ min: 1, max: 10 }),
        async (sizes, limit) => {
          const folder = mkdtempSync(join(root, 'run-'));
          sizes.forEach((pages, number) =>
            writeFileSync(join(folder, String(number)), new Uint8Array(pages * 4 * KiB))
          );
          const { files } = await listLargeFiles(folder, { limit });
          const sorted = sizes.map(pages => pages * 4 * KiB).sort((a, b) => b - a);
          expect(files.map(({ bytes }) => bytes)).toEqual(sorted.slice(0, limit));
        }
      ),
      { numRuns: 20 }
    );
  });
});

describe('the outputs of a notebook', () => {
  async function outputsOf(text: string): Promise<number | undefined> {
    const path = join(root, 'it.ipynb');
    writeFileSync(path, text);
    return measureNotebookOutputs(path);
  }

  const image = { output_type: 'display_data', data: { 'image/png': 'A'.repeat(5000) } };

  it('are counted as they stand in the file', async () => {
    const outputs = [image, { output_type: 'stream', text: ['a "quoted" \\ line\n'] }];
    const cells = [
      { cell_type: 'markdown', source: ['"outputs": [1, 2, 3]', '\\'] },
      { cell_type: 'code', source: [], outputs },
      { cell_type: 'code', source: ['x'], outputs: [] }
    ];
    const notebook = { cells, metadata: { outputs: [1, 2, 3] }, nbformat: 4 };
    expect(await outputsOf(JSON.stringify(notebook))).toBe(JSON.stringify(outputs).length);
    const old = { worksheets: [{ cells: [{ outputs }] }], nbformat: 3 };
    expect(await outputsOf(JSON.stringify(old))).toBe(JSON.stringify(outputs).length);
    expect(await outputsOf(`\n${JSON.stringify({ cells: [], nbformat: 4 })}\n`)).toBe(0);
  });

  it('are told in the list of large files', async () => {
    writeFileSync(join(root, 'x.ipynb'), JSON.stringify({ cells: [{ outputs: [image] }] }));
    writeFileSync(join(root, 'y.ipynb'), 'no notebook');
    const { files } = await listLargeFiles(root);
    expect(files.map(({ outputBytes }) => outputBytes).sort()).toEqual([
      JSON.stringify([image]).length,
      undefined
    ]);
  });

  it('are found whatever the pieces are that the file is read in', async () => {
    // Longer than what is read at once, and with escapes at every place around its end.
    for (let shift = 0; shift < 4; shift++) {
      const filler = 'x'.repeat(2 ** 20 - 60 + shift);
      const outputs = [{ text: `${'\\"'.repeat(40)}\u00e4` }];
      const text = JSON.stringify({ metadata: { filler }, cells: [{ outputs }] });
      expect(await outputsOf(text)).toBe(Buffer.byteLength(JSON.stringify(outputs)));
    }
  });

  it.each(['', '[]', '"text"', '{"cells": [}', '{"cells": [', '{} {}', 'null', '{"a": "b'])(
    'are none of %j',
    async text => {
      expect(await outputsOf(text)).toBeUndefined();
    }
  );

  it('are right for every JSON', async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, fc.array(value))), value, async (list, more) => {
        const cells = list.map(([source, outputs]) => ({ source, outputs }));
        const expected = list
          .map(([, outputs]) => Buffer.byteLength(JSON.stringify(outputs)))
          .reduce((sum, bytes) => sum + (bytes > 2 ? bytes : 0), 0);
        expect(await outputsOf(JSON.stringify({ more, cells, nbformat: 4 }))).toBe(expected);
      }),
      { numRuns: 200 }
    );
  });

  it('follow no link and wait for no pipe', async () => {
    writeFileSync(join(root, 'real'), JSON.stringify({ cells: [{ outputs: [image] }] }));
    symlinkSync('real', join(root, 'link.ipynb'));
    execFileSync('mkfifo', [join(root, 'pipe.ipynb')]);
    expect(await measureNotebookOutputs(join(root, 'link.ipynb'))).toBeUndefined();
    expect(await measureNotebookOutputs(join(root, 'pipe.ipynb'))).toBeUndefined();
    expect(await measureNotebookOutputs(join(root, 'none.ipynb'))).toBeUndefined();
  });
});
