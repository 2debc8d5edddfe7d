import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violationsIn } from '../house-rules.mjs';

test('a name that says nothing is reported, as a file and as a folder', () => {
  for (const path of ['src/engine/utils.ts', 'src/helpers/a.ts', 'common/x.md', 'src/Misc.py']) {
    assert.equal(violationsIn(path, '').length, 1, path);
  }
  assert.deepEqual(violationsIn('src/commonMark.ts', ''), []);
});

test('a note about missing work is reported with its line', () => {
  const [line] = violationsIn('src/a.ts', `const a = 1;\n// ${'TO' + 'DO'}: more\n`);
  assert.match(line, /^src\/a\.ts:2: /);
});

test('a check that is switched off and a test that does not run are reported', () => {
  const texts = [
    '// eslint-disable-next-line',
    'it.only("a")',
    '@pytest.mark.skip',
    '# type: ignore'
  ];
  for (const text of texts) {
    assert.equal(violationsIn('src/a.py', text).length, 1, text);
  }
});

test('a test that runs where the machine can is none of them', () => {
  for (const text of [
    'const onDisk = canMount(() => mountTmpfs("size=1m")) ? it : it.skip;',
    'const onDisk = canMount(other) ? describe : describe.skip;',
    "test.skip(!CAN_MOUNT, 'Nothing can be mounted here.');",
    '@pytest.mark.skipif(os.getuid() != 0)'
  ]) {
    assert.deepEqual(violationsIn('src/a.spec.ts', text), [], text);
  }
  for (const text of ['it.skip("a")', 'true ? it : it.skip;', 'test.skip("a", () => 1)']) {
    assert.equal(violationsIn('src/a.spec.ts', text).length, 1, text);
  }
});

test('the 501st line is one too many', () => {
  assert.deepEqual(violationsIn('a.ts', 'x\n'.repeat(500)), []);
  assert.equal(violationsIn('a.ts', 'x\n'.repeat(501)).length, 1);
  assert.deepEqual(violationsIn('data.json', 'x\n'.repeat(501)), []);
});
