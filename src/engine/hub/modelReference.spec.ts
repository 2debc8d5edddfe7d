import fc from 'fast-check';

import { parseModelReference } from '.';
import { BedrockImportError } from '../errors';

const read = (text: string, endpoint?: string): string => {
  const { id, revision } = parseModelReference(text, { endpoint });
  return revision === undefined ? id : `${id} at ${revision}`;
};

it.each([
  ['org/name', 'org/name'],
  ['gpt2', 'gpt2'],
  ['org/name/', 'org/name'],
  ['Org_1/Name-1.5b_x', 'Org_1/Name-1.5b_x'],
  ['org/name@main', 'org/name at main'],
  ['gpt2@v1.0', 'gpt2 at v1.0'],
  ['org/name@refs/pr/1', 'org/name at refs/pr/1'],
  ['https://huggingface.co/org/name', 'org/name'],
  ['http://huggingface.co/org/name/', 'org/name'],
  ['https://hf.co/org/name', 'org/name'],
  ['huggingface.co/org/name', 'org/name'],
  ['HuggingFace.co/org/name', 'org/name'],
  ['https://huggingface.co/gpt2', 'gpt2'],
  ['https://huggingface.co/gpt2/tree/main', 'gpt2 at main'],
  ['https://huggingface.co/org/name?library=transformers#usage', 'org/name'],
  ['https://huggingface.co/org/name/tree/v2', 'org/name at v2'],
  ['https://huggingface.co/org/name/tree/v2/sub/folder', 'org/name at v2'],
  ['https://huggingface.co/org/name/blob/main/config.json', 'org/name at main'],
  ['https://huggingface.co/org/name/resolve/main/a.json?download=true', 'org/name at main'],
  ['https://huggingface.co/org/name/commit/0123456789abcdef', 'org/name at 0123456789abcdef'],
  ['https://huggingface.co/org/name/tree/refs%2Fpr%2F1', 'org/name at refs/pr/1'],
  ['https://huggingface.co/org/name/tree/refs/pr/1/sub', 'org/name at refs/pr/1'],
  ['https://huggingface.co/org/name/discussions/7', 'org/name'],
  ['https://huggingface.co/org/name/tree', 'org/name'],
  ['https://huggingface.co/org/name@v1', 'org/name at v1']
])('reads %s', (text, expected) => {
  expect(read(text)).toBe(expected);
});

it.each([
  ['http://127.0.0.1:9000/org/name/tree/x', 'http://127.0.0.1:9000', 'org/name at x'],
  ['127.0.0.1:9000/org/name', 'http://127.0.0.1:9000/', 'org/name'],
  ['https://mirror.example/hub/org/name', 'https://mirror.example/hub', 'org/name'],
  ['https://huggingface.co/org/name', 'https://mirror.example', 'org/name']
])('reads %s with the hub %s', (text, endpoint, expected) => {
  expect(read(text, endpoint)).toBe(expected);
});

it.each([
  '',
  ' ',
  'org/name\n',
  ' org/name',
  'org /name',
  'a/b/c',
  '/name',
  'org//name',
  'org/..',
  '../name',
  'org/na..me',
  'org/-name',
  'org/name-',
  '.org/name',
  'org/na--me',
  'org/name.git',
  'org/näme',
  'org/name@',
  'org/name@a..b',
  'org/name@-x',
  'org/name@/x',
  'org/name@a b',
  'org/name@a?b',
  'org/name@a@b',
  'org\\name',
  'datasets/name',
  'spaces/org/name',
  'https://huggingface.co/datasets/org/name',
  'https://huggingface.co/spaces/org/name',
  'https://huggingface.co/docs/hub',
  'https://huggingface.co/hf.co/org',
  'https://huggingface.co/',
  'https://huggingface.co',
  'https://example.com/org/name',
  'https://huggingface.co.example.com/org/name',
  'https://huggingface.co/org/%2e%2e/name',
  'https://huggingface.co/org/../../etc',
  'https://huggingface.co/org/name/tree/%E0%A4%A',
  'https://huggingface.co/org/name/tree/a%0Ab',
  'ftp://huggingface.co/org/name',
  'file:///etc/passwd',
  's3://bucket/org/name',
  `org/${'a'.repeat(97)}`,
  'a'.repeat(5000),
  'org/name@'.padEnd(300, 'a')
])('refuses %j', text => {
  expect(() => parseModelReference(text)).toThrow(
    expect.objectContaining({ code: 'MODEL_ID_INVALID', kind: 'usage' })
  );
});

it('does not repeat a password or a token', () => {
  for (const text of [
    'https://jo:SECRET@huggingface.co/org/name',
    'org/name@hf_SECRETSECRET?x',
    'https://x/?token=SECRET'
  ]) {
    expect(() => parseModelReference(text)).toThrow(BedrockImportError);
    try {
      parseModelReference(text);
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('SECRET');
    }
  }
});

it('gives a safe id for any text, or refuses it', () => {
  const pieces = fc.constantFrom(
    'org',
    'name',
    '/',
    '@',
    '..',
    '%2f',
    'https://',
    'hf.co',
    ' ',
    '\n',
    '#'
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map(parts => parts.join(''))
  );
  fc.assert(
    fc.property(text, value => {
      try {
        const { id, revision } = parseModelReference(value);
        expect(id).toMatch(/^\w[\w.-]*(?:\/\w[\w.-]*)?$/);
        expect(id + (revision ?? '')).not.toMatch(/\.\.|[\p{Cc}\s]/u);
        expect(parseModelReference(revision === undefined ? id : `${id}@${revision}`)).toEqual({
          id,
          ...(revision === undefined ? {} : { revision })
        });
      } catch (error) {
        if (!(error instanceof BedrockImportError)) {
          throw error;
        }
      }
    }),
    { numRuns: 2000 }
  );
});
