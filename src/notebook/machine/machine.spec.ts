import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { parseSize, requiredBytesFor } from '../../engine';
import { rejectedBy } from '../../engine/testing/thrownBy';
import { show } from '../display';
import { recordJupyter, requireOwnMarkup } from '../display/testing/recordedJupyter';
import type { RecordedJupyter } from '../display/testing/recordedJupyter';
import {
  diskFromDf,
  emptyTrash,
  lookAtCaches,
  lookAtMachine,
  lookAtTrash,
  planOnDisk,
  reportModelOnDisk,
  steerCaches,
  volumesTable
} from '.';

/** As in AWS's own example of a volume of 256 GB. */
const INSTANCE = {
  blocks: 264_055_236,
  used: 76_594_068,
  available: 176_644_712,
  mountedOn: '/home/ec2-user/SageMaker'
};

const before = { ...process.env };
let folder: string;
let jupyter: RecordedJupyter;

function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (name !== 'PATH') {
      delete process.env[name];
    }
  }
  Object.assign(process.env, variables);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'machine-'));
  const root = join(folder, 'root');
  await mkdir(root);
  setVariables({
    HOME: folder,
    JUPYTER_SERVER_ROOT: root,
    BEDROCK_IMPORT_STATE_DIR: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'data'),
    TMPDIR: join(folder, 'tmp')
  });
  jupyter = recordJupyter();
});

afterEach(async () => {
  jupyter.remove();
  jupyter.sent.forEach(bundle => requireOwnMarkup(String(bundle['text/html'])));
  setVariables({});
  Object.assign(process.env, before);
  await rm(folder, { recursive: true, force: true });
});

describe('the machine', () => {
  it('says what kind of host it is, and what lasts there', async () => {
    const plain = await lookAtMachine();
    expect(plain).toMatchObject({ host: 'plain-jupyter', root: join(folder, 'root') });
    await show(plain);
    expect(jupyter.lastText()).toContain(join(folder, 'root'));
    process.env.SAGEMAKER_APP_TYPE = 'JupyterLab';
    const space = await lookAtMachine();
    expect(space.host).toBe('studio-space');
    await show(space);
    expect(jupyter.lastText()).toMatch(/The home folder .* is the volume/);
  });
});

describe('a disk that df has told', () => {
  it('has the reserve that is neither used nor available', async () => {
    const disk = diskFromDf(INSTANCE);
    expect(disk.reservedBytes).toBe((264_055_236 - 76_594_068 - 176_644_712) * 1024);
    expect(disk.reservedBytes / disk.totalBytes).toBeCloseTo(0.041, 3);
    await show(disk);
    expect(jupyter.sent.at(-1)?.['image/svg+xml']).toMatch(/^<svg[\s\S]+<\/svg>$/);
    expect(jupyter.lastText()).toContain('180.88 GB');
  });

  it('takes 61 GB with 66.05 GB, and no 175 GB although df has more', async () => {
    const fits = planOnDisk(diskFromDf(INSTANCE), parseSize('61 GB'), 'notebook-instance');
    expect(fits).toMatchObject({ fits: true, requiredBytes: 66_050_000_000 });
    const tight = planOnDisk(diskFromDf(INSTANCE), parseSize('175 GB'), 'notebook-instance');
    expect(tight.fits).toBe(false);
    expect(tight.missingBytes).toBe(requiredBytesFor(175e9) - INSTANCE.available * 1024);
    await show(tight);
    expect(jupyter.sent.at(-1)).toHaveProperty(['image/svg+xml']);
    expect(jupyter.lastText()).toContain('Missing');
  });
});

describe('volumes for sizes', () => {
  it('are never below the smallest, and say where limits are in the way', () => {
    const lines = volumesTable(['1 GB', '61 GB', '141 GB', '17 TB'].map(parseSize)).text.split(
      '\n'
    );
    expect(lines[1]).toMatch(/1\.00 GB +3\.05 GB +5 GB +5 GB +is enough/);
    expect(lines[2]).toMatch(/61\.00 GB +66\.05 GB +67 GB +64 GB +is enough/);
    expect(lines[3]).toMatch(/141\.00 GB +150\.05 GB +151 GB +144 GB +has to be raised/);
    expect(lines[4]).toContain('too large (at most 16,384 GB)');
  });
});

describe('a model on this disk', () => {
  it('is a report with a picture, whichever way it turns out', async () => {
    const small = await reportModelOnDisk({ sizeBytes: 1000, path: folder });
    const large = await reportModelOnDisk({ sizeBytes: 2 ** 52, path: folder });
    expect(large.plan.fits).toBe(false);
    for (const report of [small, large]) {
      await show(report);
      expect(jupyter.sent.at(-1)).toHaveProperty(['image/svg+xml']);
      expect(jupyter.lastText()).toContain('Way of the copy');
    }
    expect(jupyter.lastText()).toContain('How this disk grows');
    expect((await rejectedBy(reportModelOnDisk({ sizeBytes: -1 }))).code).toBe('SIZE_INVALID');
  });
});

describe('caches', () => {
  it('lie well where all is on one disk, and are left alone then', async () => {
    const facts = await lookAtCaches();
    expect(facts).toMatchObject({ on: false, needed: false });
    expect(await steerCaches()).toMatchObject({ on: false, needed: false });
    await expect(access(facts.file)).rejects.toThrow('ENOENT');
    await show(facts);
    expect(jupyter.lastText()).toContain('nothing has to be steered');
  });

  it('that lie on another disk are shown so, and steered when that is asked for', async () => {
    // Nothing is ever made there: steering leads away from it.
    process.env.HF_HOME = '/dev/huggingface';
    const facts = await lookAtCaches();
    expect(facts).toMatchObject({ on: false, needed: true });
    await show(facts);
    expect(jupyter.lastText()).toMatch(/HF_HOME .* no /);
    const steered = await steerCaches();
    expect(steered).toMatchObject({ on: true, needed: false });
    expect(process.env.HF_HOME).toBe(join(folder, 'root', '.cache', 'huggingface'));
  });
});

describe('the trash', () => {
  async function deleteToTrash(name: string, content: string): Promise<string> {
    const trash = join(folder, 'data', 'Trash');
    await mkdir(join(trash, 'files'), { recursive: true });
    await mkdir(join(trash, 'info'), { recursive: true });
    await writeFile(join(trash, 'files', name), content);
    await writeFile(
      join(trash, 'info', `${name}.trashinfo`),
      `[Trash Info]\nPath=${join(folder, 'root', name)}\nDeletionDate=2026-11-28T10:00:00\n`
    );
    return join(trash, 'files', name);
  }

  it('is listed with what was where, and looking deletes nothing', async () => {
    const file = await deleteToTrash('<b>model.safetensors', 'x'.repeat(50_000));
    const report = await lookAtTrash();
    await show(report);
    expect(jupyter.lastText()).toContain('<b>model.safetensors');
    expect(jupyter.lastText()).toContain('2026-11-28 10:00:00');
    expect(jupyter.sent.at(-1)?.['text/html']).not.toContain('<b>model');
    expect(report.setting?.line).toContain('delete_to_trash = False');
    await access(file);
  });

  it('is emptied only after a Yes', async () => {
    const file = await deleteToTrash('old.bin', 'x'.repeat(50_000));
    const report = await lookAtTrash();
    const own = {
      ...report,
      folders: report.folders.filter(({ path }) => path.startsWith(folder))
    };
    expect(await rejectedBy(emptyTrash(own))).toMatchObject({ code: 'NOT_CONFIRMED' });
    await access(file);
    const result = await emptyTrash(own, { confirm: true });
    expect(result.removed).toBeGreaterThan(0);
    expect(result.left).toEqual([]);
    await expect(access(file)).rejects.toThrow('ENOENT');
    await show(result);
    expect(jupyter.lastText()).toContain('freed');
  });
});
