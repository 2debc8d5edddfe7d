import { parseManifest } from './manifest';

const proof = {
  path: 'config.json',
  key: 'm/config.json',
  sizeBytes: 3,
  sha256: 'a'.repeat(64),
  provedBy: 's3-put-checksum',
  etag: '"e"',
  rewritten: false
};

describe('parseManifest', () => {
  it('reads its own shape', () => {
    const text = JSON.stringify({ manifestVersion: 1, files: [proof] });
    expect(parseManifest(text)?.files).toEqual([proof]);
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', JSON.stringify({ manifestVersion: 2, files: [] })],
    ['files that are not a list', JSON.stringify({ manifestVersion: 1, files: {} })],
    [
      'a proof without a hash',
      JSON.stringify({ manifestVersion: 1, files: [{ ...proof, sha256: 'x' }] })
    ],
    ['a null among the proofs', JSON.stringify({ manifestVersion: 1, files: [null] })]
  ])('believes nothing of %s', (_, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });
});
