import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';

import { listImportedModels, MANIFEST_NAME, runImport } from '../../engine';
import type { ImportResult } from '../../engine';
import { rejectedBy } from '../../engine/testing/thrownBy';
import { show } from '../display';
import { reviewModel } from '../importModel';
import { connect, currentSession } from '../session';
import { startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { listStored } from './planCleanUp';
import { cleanUp, planCleanUp } from '.';

const QUICK = ['--fault', 'import-seconds=0.1'];

let trial: NotebookTrial;

beforeAll(async () => {
  trial = await startNotebookTrial({ args: QUICK });
});

afterAll(() => trial.stop());

beforeEach(() => {
  trial.restartKernel();
  trial.setVariables(trial.sandbox.env);
});

async function imported(prefix: string): Promise<ImportResult> {
  const { context } = await connect({ model: 'trial/tiny' });
  const review = await reviewModel({ prefix, importedModelName: prefix });
  // The engine takes a global Deno for Deno itself.
  return withoutKernel(() => runImport(context, review));
}

async function withoutKernel<T>(work: () => Promise<T>): Promise<T> {
  const place = globalThis as { Deno?: unknown };
  const { Deno: kernel } = place;
  delete place.Deno;
  try {
    return await work();
  } finally {
    place.Deno = kernel;
  }
}

async function put(key: string, Body: string): Promise<void> {
  const { context, bucket } = currentSession();
  await context.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
}

async function keysUnder(prefix: string): Promise<string[]> {
  const { context, bucket = '' } = currentSession();
  return (await listStored(context.aws, { bucket, prefix }, undefined)).map(({ key }) => key);
}

function wanted({ model, copy }: ImportResult): Parameters<typeof planCleanUp>[0] {
  return { model: model.modelArn, s3Uri: copy.destination };
}

describe('cleaning up', () => {
  it('lists model and objects, deletes exactly those, and finds nothing the second time', async () => {
    const result = await imported('whole');
    const before = await keysUnder('whole/');
    expect(before).toContain(`whole/${MANIFEST_NAME}`);

    const plan = await planCleanUp(wanted(result));
    expect(plan.model?.modelArn).toBe(result.model.modelArn);
    expect(plan.objects.map(({ key }) => key).sort()).toEqual([...before].sort());
    expect(plan.objects.at(-1)?.key).toBe(`whole/${MANIFEST_NAME}`);
    expect(plan.others).toEqual([]);
    await show(plan);
    expect(trial.jupyter.lastText()).toContain('Would be deleted');
    expect(trial.jupyter.lastText()).toContain(result.model.modelArn);
    expect(await keysUnder('whole/')).toEqual(before);

    const deleted = await cleanUp(plan);
    expect(deleted).toMatchObject({
      deletedModel: result.model.modelArn,
      deletedObjects: before.length,
      changed: [],
      keepsVersions: false
    });
    expect(await keysUnder('whole/')).toEqual([]);
    const { aws } = currentSession().context;
    expect(await listImportedModels(aws, { nameContains: 'whole' })).toEqual([]);

    expect(await cleanUp(plan)).toMatchObject({ deletedObjects: 0, deletedBytes: 0 });
    const again = await planCleanUp(wanted(result));
    expect(again).toMatchObject({ objects: [], others: [] });
    expect(again.model).toBeUndefined();
    await show(again);
    expect(trial.jupyter.lastText()).toContain('Nothing is left to delete');
  });

  it('leaves what the copy has not written, and what was changed since', async () => {
    const result = await imported('shared');
    await put('shared/notes.txt', 'mine');
    await put('shared/config.json', '{"mine":true}');
    const plan = await planCleanUp(wanted(result));
    expect(plan.others.map(({ key }) => key).sort()).toEqual([
      'shared/config.json',
      'shared/notes.txt'
    ]);
    await put('shared/tokenizer.json', '{"changed":"after the plan"}');
    const deleted = await cleanUp(plan);
    expect(deleted.changed).toEqual(['shared/tokenizer.json']);
    expect((await keysUnder('shared/')).sort()).toEqual([
      'shared/config.json',
      'shared/notes.txt',
      'shared/tokenizer.json'
    ]);
  });

  it('deletes no object without a manifest that proves it', async () => {
    const result = await imported('unproved');
    const { context, bucket } = currentSession();
    await context.aws.s3.send(
      new DeleteObjectCommand({ Bucket: bucket, Key: `unproved/${MANIFEST_NAME}` })
    );
    const before = await keysUnder('unproved/');
    const plan = await planCleanUp(wanted(result));
    expect(plan.objects).toEqual([]);
    expect(plan.others.map(({ key }) => key)).toEqual(before);
    await cleanUp(plan);
    expect(await keysUnder('unproved/')).toEqual(before);
  });

  it('shows on AWS what nobody has looked at, and deletes it only after a Yes', async () => {
    const result = await imported('asked');
    const { BEDROCK_IMPORT_SANDBOX_BUCKET: bucket = '', ...env } = trial.sandbox.env;
    trial.restartKernel();
    trial.setVariables(env);
    expect((await connect({ bucket })).where).toBe('aws');
    const before = await keysUnder('asked/');
    const refused = await rejectedBy(cleanUp(await planCleanUp(wanted(result))));
    expect(refused).toMatchObject({ code: 'NOT_CONFIRMED', kind: 'cancelled' });
    expect(trial.jupyter.lastText()).toContain('Would be deleted');
    expect(await keysUnder('asked/')).toEqual(before);

    await cleanUp(await planCleanUp(wanted(result)), { confirm: true });
    expect(await keysUnder('asked/')).toEqual([]);
  });

  it('says which cell to run before there is a session', async () => {
    const refused = await rejectedBy(planCleanUp({ s3Uri: 's3://some-bucket/models/' }));
    expect(refused.code).toBe('CELL_ORDER');
  });
});
