import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { missingPlatformPackages } from '../lock-platforms.mjs';
import { root } from '../processes.mjs';

test('the lock file holds the packages of every system, so that npm ci works', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  assert.deepEqual(missingPlatformPackages(lock), []);
});

test('a package that is left out is found, wherever Node would look for it', () => {
  const packages = {
    '': {},
    'node_modules/a': { optionalDependencies: { 'a-linux-x64': '1.0.0', 'a-win32-x64': '1.0.0' } },
    'node_modules/a-linux-x64': {},
    'node_modules/b/node_modules/c': { optionalDependencies: { d: '1.0.0', e: '2.0.0' } },
    'node_modules/b/node_modules/d': {}
  };
  assert.deepEqual(
    missingPlatformPackages({ packages }).map(({ name }) => name),
    ['a-win32-x64', 'e']
  );
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved": "http/);
});
