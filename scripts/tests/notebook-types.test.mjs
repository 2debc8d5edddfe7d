/** Deno knows the types of what cells import, from the files that the wheel holds and with no registry. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { root, run, venvProgram } from '../processes.mjs';

const folder = mkdtempSync(join(tmpdir(), 'notebook-types-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const bundle = join(root, 'jupyterlab_bedrock_import', 'bundle', 'notebook.js');
const map = join(folder, 'imports.json');
writeFileSync(map, JSON.stringify({ imports: { 'bedrock-import': pathToFileURL(bundle).href } }));

/** What Deno says of a cell. */
async function check(name, text) {
  const cell = join(folder, name);
  writeFileSync(cell, text);
  const { code, text: said } = await run(
    [
      ...[venvProgram('deno'), 'check', '--quiet', '--no-config', '--no-lock', '--no-remote'],
      ...['--no-npm', '--import-map', map, cell]
    ],
    { output: 'keep', env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' } }
  );
  return { code, said };
}

test('a cell that is right passes', async () => {
  const { code, said } = await check(
    'right.ts',
    `import { ask, connect, diskPicture, importModel, planDisk, reviewModel, show } from 'bedrock-import';
import type { ImportResult } from 'bedrock-import';
const session = await connect({ region: 'us-east-1' });
const review = await reviewModel({ model: session.model });
const imported: ImportResult = await importModel(review, { ask: 'Hello?' });
const seconds: number = imported.seconds;
const { text } = await ask(imported, 'What is 2 + 2?', { maxTokens: 20 });
await show(diskPicture(await planDisk({ sizeBytes: 61e9, path: '/' })));
console.log(seconds, text.length);
`
  );
  assert.equal(code, 0, said);
});

test('a cell with a wrong option or a wrong use of a result does not', async () => {
  const { code, said } = await check(
    'wrong.ts',
    `import { importModel } from 'bedrock-import';
const imported = await importModel({ modell: 'org/name' });
const arn: number = imported.model.modelArn;
console.log(arn);
`
  );
  assert.notEqual(code, 0);
  assert.match(said, /'modell' does not exist/);
  assert.match(said, /'string' is not assignable to type 'number'/);
});
