import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { bundledPackages, licenceText } from '../thirdPartyLicences.mjs';

test('names each bundled package once, scoped and nested ones too', () => {
  const inputs = [
    'src/engine/main.ts',
    'node_modules/a/index.js',
    'node_modules/a/lib/b.js',
    'node_modules/@s/c/index.js',
    'node_modules/a/node_modules/@s/c/x.js'
  ];
  const metafile = { inputs: Object.fromEntries(inputs.map(path => [path, {}])) };
  assert.deepEqual(bundledPackages(metafile), [
    'node_modules/@s/c',
    'node_modules/a',
    'node_modules/a/node_modules/@s/c'
  ]);
});

test('puts packages of one licence text together', () => {
  const root = mkdtempSync(join(tmpdir(), 'licences-'));
  try {
    for (const [name, text] of [
      ['a', 'TEXT ONE'],
      ['b', 'TEXT ONE'],
      ['c', undefined]
    ]) {
      mkdirSync(join(root, name));
      writeFileSync(
        join(root, name, 'package.json'),
        JSON.stringify({ name, version: '1.0.0', license: 'MIT' })
      );
      if (text !== undefined) {
        writeFileSync(join(root, name, 'LICENSE.md'), text);
      }
    }
    const text = licenceText(root, ['a', 'b', 'c']);
    assert.equal(text.split('TEXT ONE').length, 2);
    assert.match(text, /a 1\.0\.0 \(MIT\)\nb 1\.0\.0 \(MIT\)\n\nTEXT ONE/);
    assert.match(text, /c 1\.0\.0 \(MIT\)\n\nNo licence file/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
