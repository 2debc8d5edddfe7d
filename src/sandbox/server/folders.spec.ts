import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { startSandbox, writeModels } from '../testing';

it('says what is odd about its folders, shares no state, and logs what goes wrong on purpose', async () => {
  const models = { 'acme/tiny': { 'config.json': '{}' }, 'a b/odd': { 'config.json': '{}' } };
  const args = ['--verbose', '--fault', 'hub-429=1'];
  const sandbox = await startSandbox({
    models,
    args,
    env: { BEDROCK_IMPORT_STATE_DIR: undefined }
  });
  try {
    expect(sandbox.log()).toContain('Left out, since the hub has no such names: a b/odd\n');
    const answer = await fetch(`${sandbox.hubUrl}/api/models/acme/tiny`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    // What it writes comes by another way than its answer.
    while (!/^fault hub-429\nGET .* 429 /m.test(sandbox.log())) {
      await delay(10);
    }
    const { dataDirectory, env } = sandbox;
    expect(env['BEDROCK_IMPORT_STATE_DIR']).toBe(join(dataDirectory, 'jobs-state'));
    const state = await stat(env['BEDROCK_IMPORT_STATE_DIR'] ?? '');
    expect([state.isDirectory(), state.mode & 0o777]).toEqual([true, 0o700]);
    await expect(startSandbox({ dataDirectory })).rejects.toThrow(
      `exit code 2.\nerror: --data: '${dataDirectory}' is in use by another sandbox\n`
    );
  } finally {
    await sandbox.stop();
  }
});

it('wants the folder that holds models, not a model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-folders-'));
  try {
    await writeModels(folder, { 'acme/tiny': { 'config.json': '{}' } });
    await expect(startSandbox({ modelsDirectory: join(folder, 'acme', 'tiny') })).rejects.toThrow(
      "tiny' is itself a model; give the folder DIR that holds it as DIR/org/name\n"
    );
    const sandbox = await startSandbox({ modelsDirectory: join(folder, 'acme') });
    expect(sandbox.log()).toMatch(/^No model found: every folder .*\/org\/name would be one\.$/m);
    await sandbox.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
});
