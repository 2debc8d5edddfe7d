import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, writeModels } from '../testing';

it('says what is odd about its folders, shares no state, and logs what goes wrong on purpose', async () => {
  const models = { 'acme/tiny': { 'config.json': '{}' }, 'a b/odd': { 'config.json': '{}' } };
  const args = ['--verbose', '--fault', 'hub-429=1'];
  const sandbox = await startSandbox({ models, args });
  try {
    expect(sandbox.log()).toContain('Left out, since the hub has no such names: a b/odd\n');
    expect((await fetch(`${sandbox.hubUrl}/api/models/acme/tiny`)).status).toBe(429);
    expect(sandbox.log()).toMatch(/^fault hub-429\nGET .* 429 /m);
    const { dataDirectory } = sandbox;
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
