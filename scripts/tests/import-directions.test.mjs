import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

import { root } from '../processes.mjs';

const RULE = 'import-x/no-restricted-paths';
let eslint;

before(() => {
  // Imports need no types, and loading them takes most of the time.
  eslint = new ESLint({ cwd: root, overrideConfig: tseslint.configs.disableTypeChecked });
});

/** Whether the rule reports this import when it stands in that (existing) file. */
async function isReported(file, imported) {
  const [result] = await eslint.lintText(`export * from '${imported}';\n`, { filePath: file });
  assert.deepEqual(
    result.messages.filter(message => message.fatal),
    []
  );
  return result.messages.some(message => message.ruleId === RULE);
}

const forbidden = [
  ['src/engine/errors.ts', './hub'],
  ['src/engine/hub/index.ts', '../transfer'],
  ['src/engine/disk/index.ts', '../model'],
  ['src/engine/cache/index.ts', '../transfer'],
  ['src/engine/trash/index.ts', '../jobs'],
  ['src/engine/steering/index.ts', '../jobs'],
  ['src/engine/cacheMove/index.ts', '../transfer'],
  ['src/engine/transfer/index.ts', '../jobs'],
  ['src/engine/jobs/index.ts', '../main'],
  ['src/engine/hub/index.ts', '../../sandbox/state'],
  ['src/engine/main.ts', '../sandbox/state'],
  ['src/engine/hub/index.ts', '../../index'],
  ['src/sandbox/main.ts', '../engine/errors'],
  ['src/sandbox/s3/index.ts', '../../engine/hub'],
  ['src/index.ts', './engine/errors'],
  ['src/panel/jobs/index.ts', '../importedModels'],
  ['src/panel/components/index.ts', '../model'],
  ['src/panel/machine/index.ts', '../steering/plugin'],
  ['src/panel/storage/index.ts', '../machine/plugin'],
  ['src/panel/diskSpace/index.ts', '../diskWatch/plugin'],
  ['src/panel/model/index.ts', '../../engine/errors']
];
for (const [file, imported] of forbidden) {
  test(`${file} may not import ${imported}`, async () => {
    assert.equal(await isReported(file, imported), true);
  });
}

const allowed = [
  ['src/engine/main.ts', './jobs'],
  ['src/engine/jobs/index.ts', '../transfer'],
  ['src/engine/transfer/index.ts', '../hub'],
  ['src/engine/transfer/index.ts', '../model'],
  ['src/engine/hub/index.ts', '../errors'],
  ['src/engine/trash/index.ts', '../disk'],
  ['src/engine/cacheMove/index.ts', '../removal'],
  ['src/panel/jobs/index.ts', '../connection'],
  ['src/panel/machine/index.ts', '../diskSpace'],
  ['src/sandbox/main.ts', './state']
];
for (const [file, imported] of allowed) {
  test(`${file} may import ${imported}`, async () => {
    assert.equal(await isReported(file, imported), false);
  });
}

test('a spec may use both sides', async () => {
  const results = await eslint.calculateConfigForFile('src/engine/hub/anything.spec.ts');
  assert.equal(results.rules[RULE], undefined);
});
