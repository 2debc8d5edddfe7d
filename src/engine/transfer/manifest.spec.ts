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
  const manifest = (parts: object): string =>
    JSON.stringify({
      manifestVersion: 1,
      source: { kind: 'hub', modelId: 'o/m', commitSha: 'c' },
      files: [proof],
      ...parts
    });

  it('reads its own shape', () => {
    expect(parseManifest(manifest({}))?.files).toEqual([proof]);
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', manifest({ manifestVersion: 2 })],
    ['no source', manifest({ source: null })],
    ['files that are not a list', manifest({ files: {} })],
    ['a proof without a hash', manifest({ files: [{ ...proof, sha256: 'x' }] })],
    [
      'a proof that does not say whether it was rewritten',
      manifest({ files: [{ ...proof, rewritten: 1 }] })
    ],
    ['a git hash that is no text', manifest({ files: [{ ...proof, gitOid: {} }] })],
    ['a null among the proofs', manifest({ files: [null] })]
  ])('believes nothing of %s', (_, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });
});
