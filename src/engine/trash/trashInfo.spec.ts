import * as fc from 'fast-check';
import { normalize } from 'node:path';

import { isBelow, readTrashInfo } from './trashInfo';

const TOP = '/mnt/volume';

function info(path: string, more = 'DeletionDate=2026-11-28T10:15:00\n'): string {
  return `[Trash Info]\nPath=${path}\n${more}`;
}

/** A name that a file can have. */
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter(text => !/[/\0]/.test(text) && text !== '.' && text !== '..')
  .filter(text => !/\p{Surrogate}/u.test(text));
const names = fc.array(name, { minLength: 1, maxLength: 4 });

/** As send2trash and trash-cli write it: Python's `urllib.parse.quote`. */
function quote(path: string): string {
  return encodeURIComponent(path).replaceAll('%2F', '/');
}

/** What somebody writes who means harm, or a broken program. */
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '..',
          '/',
          '.',
          '%2e',
          '%2E',
          '%2f',
          '%',
          '%00',
          '%25',
          '%c3%28',
          '\n',
          '\r'
        ),
        fc.constantFrom('mnt', 'volume', 'volume2', 'a', '[Trash Info]', 'Path=')
      ),
      { maxLength: 12 }
    )
    .map(parts => parts.join(''))
);

it('gives back every path that was deleted, relative to the volume or absolute', () => {
  fc.assert(
    fc.property(names, parts => {
      const path = parts.join('/');
      expect(readTrashInfo(info(quote(path)), TOP)).toEqual({
        originalPath: `${TOP}/${path}`,
        deletedAt: '2026-11-28T10:15:00'
      });
      expect(readTrashInfo(info(quote(`/${path}`)), undefined).originalPath).toBe(`/${path}`);
    })
  );
});

it('never gives a path outside of the volume, or one that is not normal, whatever is written', () => {
  fc.assert(
    fc.property(anything, fc.constantFrom(TOP, undefined, '/'), (text, top) => {
      const { originalPath, problem } = readTrashInfo(info(text), top);
      expect(originalPath === undefined).toBe(problem !== undefined);
      if (originalPath !== undefined) {
        expect(isBelow(originalPath, top ?? '/')).toBe(true);
        expect(normalize(originalPath)).toBe(originalPath);
        expect(originalPath).not.toContain('\0');
      }
    }),
    { numRuns: 2000 }
  );
});

it('survives every text', () => {
  fc.assert(
    fc.property(anything, text => {
      const read = readTrashInfo(text, TOP);
      expect(read.originalPath === undefined).toBe(read.problem !== undefined);
    })
  );
});

it('takes the first path and the first date of the group', () => {
  const text = info(
    'a',
    'Path=b\nDeletionDate=2026-11-28T10:15:00\nDeletionDate=2020-01-01T00:00:00'
  );
  expect(readTrashInfo(text, TOP)).toEqual({
    originalPath: `${TOP}/a`,
    deletedAt: '2026-11-28T10:15:00'
  });
  expect(readTrashInfo(info('a', 'DeletionDate=yesterday\n'), TOP)).toEqual({
    originalPath: `${TOP}/a`
  });
});

it('tells a folder from one whose name begins alike', () => {
  expect(isBelow('/mnt/volume/a', TOP)).toBe(true);
  expect(isBelow('/mnt/volume2/a', TOP)).toBe(false);
  expect(isBelow(TOP, TOP)).toBe(false);
  expect(isBelow('/a', '/')).toBe(true);
  fc.assert(
    fc.property(names, names, (folder, below) => {
      const path = `/${folder.join('/')}`;
      expect(isBelow(`${path}/${below.join('/')}`, path)).toBe(true);
      expect(isBelow(path, `${path}/${below.join('/')}`)).toBe(false);
    })
  );
});
