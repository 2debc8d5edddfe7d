/** Takes the pictures of the storage and the steering tab: `npm run pictures`. The disk and what is on it are real. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { environmentOf } from '../scripts/jupyterlabVersions.mjs';
import { expect } from './fixtures';
import type { Lab } from './lab';
import type { Theme } from './panel';
import { PLENTY, test } from './rootDisk';

const FOLDER = join(import.meta.dirname, '..', 'docs');
const THEMES: [string, Theme][] = [
  ['light', 'JupyterLab Light'],
  ['dark', 'JupyterLab Dark']
];
const MB = 1_000_000;

test.use({
  labEnv: { TRANSFORMERS_CACHE: '/tmp/transformers' },
  viewport: { width: 1280, height: 860 }
});
test.setTimeout(120_000);

function throwAway(lab: Lab, files: readonly (readonly [string, number])[]): void {
  files.forEach(([name, bytes]) => lab.writeFile(name, randomBytes(bytes)));
  execFileSync(
    join(environmentOf(lab.version), 'bin', 'python'),
    ['-c', 'import sys, send2trash; send2trash.send2trash(sys.argv[1:])', ...files.map(([n]) => n)],
    { cwd: lab.root, env: lab.environment, stdio: 'pipe' }
  );
}

/** As huggingface_hub leaves it. */
function cacheModel(lab: Lab, name: string, bytes: number): void {
  const folder = join(
    lab.folder,
    'home',
    'huggingface',
    'hub',
    `models--${name.replace('/', '--')}`
  );
  const commit = randomBytes(20).toString('hex');
  const blob = randomBytes(32).toString('hex');
  const write = (path: string, content: Buffer | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write(`blobs/${blob}`, randomBytes(bytes));
  write('refs/main', commit);
  mkdirSync(join(folder, 'snapshots', commit), { recursive: true });
  symlinkSync(
    join('..', '..', 'blobs', blob),
    join(folder, 'snapshots', commit, 'model.safetensors')
  );
}

for (const [name, theme] of THEMES) {
  test(`pictures of storage, ${name}`, async ({ panel, page, lab, disk }) => {
    throwAway(lab, [
      ['experiments/checkpoint-1200.pt', 96 * MB],
      ['experiments/checkpoint-1100.pt', 96 * MB],
      ['data/corpus.parquet', 41 * MB],
      ['notes/old ideas.ipynb', 2 * MB]
    ]);
    cacheModel(lab, 'HuggingFaceTB/SmolLM2-135M-Instruct', 60 * MB);
    cacheModel(lab, 'Qwen/Qwen3-0.6B', 120 * MB);
    disk.resize('320m');
    await panel.visit();
    await panel.settled();
    await panel.setTheme(theme);
    await panel.show();
    await panel.ready();
    await panel.setWidth(340);
    await panel.run('bedrock-import:open-storage');
    const tab = page.locator('.jp-BedrockImport-storage');
    await expect(tab).toContainText('checkpoint-1200.pt');
    await tab.getByRole('checkbox', { name: 'corpus.parquet' }).first().check();
    // Said once when space gets short; it would hide what the picture is of.
    const toast = page.locator('.Toastify__toast');
    await toast.getByRole('button').first().click();
    await expect(toast).toHaveCount(0);
    await tab.getByRole('heading', { name: 'Hub cache', exact: true }).click();
    await page.mouse.move(700, 840);
    await page.screenshot({ path: join(FOLDER, `storage-${name}.png`) });
    await panel.run('bedrock-import:open-steering');
    const steering = page.locator('.jp-BedrockImport-steering');
    await expect(steering).toContainText('TMPDIR');
    await page.screenshot({ path: join(FOLDER, `steering-${name}.png`) });
    disk.resize(PLENTY);
    rmSync(join(lab.root, `.Trash-${process.getuid?.() ?? 0}`), { recursive: true });
  });
}
