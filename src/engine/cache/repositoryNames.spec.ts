import fc from 'fast-check';

import { folderOf, repositoryOf } from './repositoryNames';

const part = fc
  .stringMatching(/^[A-Za-z0-9._-]{1,30}$/)
  .filter(text => !text.includes('--') && !/^[-.]|[-.]$/.test(text));
const name = fc.oneof(
  part,
  fc.tuple(part, part).map(parts => parts.join('/'))
);

describe('the folder of a repository', () => {
  it('is named after it, and back', () => {
    fc.assert(
      fc.property(fc.constantFrom('model', 'dataset', 'space'), name, (type, id) => {
        expect(repositoryOf(folderOf(type, id))).toEqual({ type, name: id });
      })
    );
  });

  it.each([
    'models--..--..--etc',
    'models--..',
    'models--a--..',
    'models--a--b--c',
    'models--',
    'models',
    'users--a--b',
    'models--a b--c',
    'models--a\n--c',
    '.locks',
    'blobs'
  ])('is not %j', folder => {
    expect(repositoryOf(folder)).toBeUndefined();
  });
});
