/** `npm start` as a newcomer meets it: JupyterLab with the form filled in, and nothing left at the end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { exitCodeOf, root, run } from '../processes.mjs';

const folder = mkdtempSync(join(tmpdir(), 'start-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function start(args = []) {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: root,
    // All that it makes is below this folder, and all that it starts has its name.
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let output = '';
  const ended = new Promise(resolve => {
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  });
  const address = new Promise(resolve => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        output += text;
        const found = /^ {2}(http:\S+)$/m.exec(output);
        if (found !== null) {
          resolve(new URL(found[1]));
        }
      });
    }
  });
  return {
    child,
    ended,
    output: () => output,
    /** @throws when it ends before it prints one */
    address: () =>
      Promise.race([
        address,
        ended.then(code => assert.fail(`ended with code ${code}:\n${output}`))
      ])
  };
}

async function processesOfThisTest() {
  const { stdout } = await run(['ps', '-eo', 'args', '-ww'], { output: 'keep' });
  return stdout.split('\n').filter(line => line.includes(folder));
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`JupyterLab is open on the sandbox until ${signal}, which leaves nothing`, async () => {
    const { child, ended, address, output } = start();
    try {
      const url = await address();
      assert.equal(url.hostname, '127.0.0.1');
      const token = url.searchParams.get('token');
      const get = async path => {
        const answer = await fetch(new URL(path, url), {
          headers: { Authorization: `token ${token}` }
        });
        assert.equal(answer.status, 200, path);
        return answer.json();
      };
      assert.equal((await fetch(url)).status, 200);
      assert.equal((await fetch(new URL('/bedrock-import/status', url))).status, 403);
      assert.match((await get('/bedrock-import/status')).version, /^\d/);
      const { raw } = await get('/lab/api/settings/jupyterlab-bedrock-import:plugin');
      const settings = JSON.parse(raw);
      assert.match(settings.model, /^HuggingFaceTB\//);
      assert.match(settings.bucket, /sandbox/);
      assert.match(settings.roleArn, /^arn:aws:iam::/);
      const { data } = await get('/lab/api/workspaces/default');
      assert.equal(data['layout-restorer:data'].left.current, 'bedrock-import-panel');
      assert.deepEqual((await get('/api/contents')).content, []);
      assert.ok((await processesOfThisTest()).length > 0);
    } finally {
      child.kill(signal);
    }
    assert.equal(await ended, 0);
    assert.match(output(), /Ctrl-C here ends it[^\n]*\n$/);
    assert.deepEqual(await processesOfThisTest(), []);
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('an unknown option is refused', async () => {
  assert.equal(await start(['--twice']).ended, 2);
});
