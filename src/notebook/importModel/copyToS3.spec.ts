import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { readManifest } from '../../engine';
import { tinyModel } from '../../engine/cli/testing/tinyModel';
import { show } from '../display';
import { connect, currentSession } from '../session';
import { startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { copyToS3, downloadThenCopy, planCopyToS3, reviewModel } from '.';

jest.setTimeout(60_000);

const PARTS = 'trial/parts';

let trial: NotebookTrial;

beforeAll(async () => {
  trial = await startNotebookTrial({
    models: { [PARTS]: tinyModel({ shards: 2, paddingBytes: 24 * 2 ** 20 }) },
    args: ['--bandwidth', '8MB']
  });
  await connect({ model: PARTS });
});

afterAll(() => trial.stop());

beforeEach(() => {
  trial.jupyter.newCell();
});

describe('a copy in a cell', () => {
  it('shows how it goes in one display, and at its end the proof of every file', async () => {
    const plan = await planCopyToS3({ prefix: 'live' });
    await show(plan);
    const opened = trial.jupyter.standing().length;
    const sent = trial.jupyter.sent.length;
    const result = await copyToS3(plan);
    expect(trial.jupyter.standing()).toHaveLength(opened + 1);
    const live = trial.jupyter.sent.slice(sent);
    expect(live.some(({ 'text/html': html }) => String(html).includes('progressbar'))).toBe(true);
    expect(live.some(({ 'text/plain': text }) => /Copying: \d+ %/.test(String(text)))).toBe(true);
    const destination = { bucket: plan.destination.bucket, prefix: 'live/' };
    const { s3 } = currentSession().context.aws;
    const written = await readManifest(s3, destination, undefined);
    expect(result.manifest).toEqual(written);
    expect(written?.files.map(({ path }) => path).sort()).toEqual(
      plan.files.map(({ path }) => path).sort()
    );
    for (const { sha256 } of written?.files ?? []) {
      expect(trial.jupyter.lastText()).toContain(sha256);
    }
  });

  it('goes on when the cell is stopped, and moves nothing twice', async () => {
    const stopCell = trial.jupyter.newCell();
    trial.jupyter.onText = text => {
      if (/Copying: /.test(text)) {
        stopCell();
      }
    };
    const options = { destination: `s3://${currentSession().bucket}/stopped/` };
    await expect(copyToS3(options)).rejects.toMatchObject({ code: 'DETACHED' });
    trial.jupyter.onText = undefined;
    trial.jupyter.newCell();
    const result = await copyToS3(options);
    expect(result.nothingMoved).toBe(false);
    const again = await copyToS3(options);
    expect(again).toMatchObject({ jobId: result.jobId, nothingMoved: true });
    expect(trial.jupyter.lastText()).toContain('nothing to move, all proved');
  });

  it('moves nothing when the same plan is carried out again at once', async () => {
    const plan = await planCopyToS3({ prefix: 'same-plan' });
    await copyToS3(plan, { confirm: true });
    expect(await copyToS3(plan, { confirm: true })).toMatchObject({ nothingMoved: true });
  });

  it('can bring the files to the disk first', async () => {
    const cacheFolder = join(process.env.HOME ?? '', 'cache', 'hub');
    process.env.HF_HUB_CACHE = cacheFolder;
    for (const { checks } of [
      await planCopyToS3({ cacheFolder }),
      await reviewModel({ cacheFolder })
    ]) {
      expect(checks.map(({ id }) => id)).toContain('download-fits');
    }
    const result = await downloadThenCopy({ prefix: 'through-disk' });
    expect(result.manifest?.source).toMatchObject({ kind: 'hub', cacheFolder });
    const [repository = ''] = (await readdir(cacheFolder)).filter(name => /^models--/.test(name));
    expect(repository).toBe('models--trial--parts');
    const files = await readdir(join(cacheFolder, repository), { recursive: true });
    expect(files.filter(path => path.endsWith('.safetensors'))).toHaveLength(2);
  });
});
