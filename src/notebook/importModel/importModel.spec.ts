import {
  createImportJob,
  deleteImportedModel,
  JobStore,
  listImportedModels,
  listImportJobs,
  pauseJob,
  reviewImport,
  runJob
} from '../../engine';
import type { JobEvent } from '../../engine';
import { DISPLAY, show } from '../display';
import { connect, currentSession } from '../session';
import { MODEL, startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { importModel, notebookJobs, reviewModel, showJob } from '.';

jest.setTimeout(90_000);

const HOSTILE_FILE = '<img src=x onerror=alert(1)>.md';
const IMPORTING = /● +Bedrock imports the model/;

let trial: NotebookTrial;

beforeAll(async () => {
  trial = await startNotebookTrial({
    models: {
      'trial/hostile': { [HOSTILE_FILE]: 'x', 'config.json': '{"architectures":["<b>"]}' }
    },
    args: ['--fault', 'import-seconds=1.5', '--fault', 'model-not-ready=0']
  });
});

afterAll(() => trial.stop());

beforeEach(async () => {
  trial.restartKernel();
  trial.jupyter.newCell();
  await connect({ model: MODEL });
});

afterEach(async () => {
  trial.jupyter.onText = undefined;
  const { aws } = currentSession().context;
  for (const { modelArn } of await listImportedModels(aws)) {
    await deleteImportedModel(aws, modelArn);
  }
});

const jobsInBedrock = async (): Promise<number> =>
  (await listImportJobs(currentSession().context.aws)).length;

/** How often the job was made anew. */
async function timesMade(id: string): Promise<number> {
  const { store } = await notebookJobs();
  const events = await store.events(id);
  return events.filter(event => event.type === 'state' && event.fresh === true).length;
}

/** Calls back once, when a text like this is shown. */
function whenShown(pattern: RegExp, then: () => void): void {
  trial.jupyter.onText = text => {
    if (pattern.test(text)) {
      trial.jupyter.onText = undefined;
      then();
    }
  };
}

describe('an import in a cell', () => {
  it('says which cell to run first', async () => {
    trial.restartKernel();
    await expect(importModel()).rejects.toMatchObject({ code: 'CELL_ORDER' });
    await expect(reviewModel()).rejects.toMatchObject({ code: 'CELL_ORDER' });
    await expect(notebookJobs()).rejects.toMatchObject({ code: 'CELL_ORDER' });
    await connect();
  });

  it('is reviewed in one cell, run in the next, and not done twice', async () => {
    const review = await reviewModel({ importedModelName: 'in-a-cell' });
    await show(review);
    expect(trial.jupyter.lastText()).toContain('What it costs');
    const opened = trial.jupyter.standing().length;
    const imported = await importModel(review, { ask: 'Hello?' });
    expect(imported.model).toMatchObject({ modelName: 'in-a-cell' });
    expect(imported.answer?.text).not.toBe('');
    expect(imported.copy.totalBytes).toBe(review.plan.totalBytes);
    // One display, from the first stage to the answer.
    expect(trial.jupyter.standing()).toHaveLength(opened + 1);
    const text = trial.jupyter.lastText();
    expect(text).toMatch(/✓ +Bedrock imports the model/);
    expect(text).toContain(imported.model.modelArn);
    expect(JSON.stringify(await imported[DISPLAY]())).toContain(imported.model.modelArn);

    const before = [await jobsInBedrock(), await timesMade(imported.jobId)];
    const again = await importModel(review, { ask: 'Hello?' });
    expect(again).toEqual(
      expect.objectContaining({ jobId: imported.jobId, model: imported.model })
    );
    expect(trial.jupyter.lastText()).toContain('was imported before');
    expect([await jobsInBedrock(), await timesMade(imported.jobId)]).toEqual(before);
    await showJob(imported.jobId.slice(0, -2));
    expect(trial.jupyter.lastText()).toMatch(/✓ +Bedrock imports the model/);

    // What a later cell has deleted is imported again when the notebook is run from the top.
    await deleteImportedModel(currentSession().context.aws, imported.model.modelArn);
    const anew = await importModel({ importedModelName: 'in-a-cell', ask: 'Hello?' });
    expect(anew.jobId).toBe(imported.jobId);
    expect(anew.model.modelArn).not.toBe(imported.model.modelArn);
  });

  it('goes on when the cell is stopped, and the cell run again shows it', async () => {
    const before = await jobsInBedrock();
    const stopCell = trial.jupyter.newCell();
    whenShown(IMPORTING, stopCell);
    await expect(importModel({ prefix: 'stopped' })).rejects.toMatchObject({
      code: 'DETACHED',
      kind: 'cancelled',
      nextStep: expect.stringContaining('Run this cell again')
    });
    expect(trial.jupyter.lastText()).toContain('the job goes on in this kernel');
    const { runner } = await notebookJobs();
    const [id = ''] = runner.ids;
    expect(runner.ids).toHaveLength(1);

    trial.jupyter.newCell();
    const imported = await importModel({ prefix: 'stopped' });
    expect(imported.jobId).toBe(id);
    expect(trial.jupyter.lastText()).toContain(imported.model.modelArn);
    expect(await jobsInBedrock()).toBe(before + 1);
    expect(await timesMade(id)).toBe(1);
  });

  it('goes on where it was after a restart of the kernel', async () => {
    const { context, bucket = '', roleArn } = currentSession();
    const review = await reviewImport(context, {
      model: MODEL,
      bucket,
      roleArn,
      prefix: 'restart'
    });
    const killed = await JobStore.open(context.environment.stateDirectory);
    const { id } = await createImportJob(killed, review);
    const stop = new AbortController();
    const outcome = await runJob(context, killed, id, {
      signal: stop.signal,
      onAbort: 'interrupt',
      onEvent: event => {
        if (event.type === 'stage' && event.stage === 'wait') {
          stop.abort();
        }
      }
    });
    expect(outcome.state).toBe('interrupted');
    trial.restartKernel();
    await connect({ model: MODEL });
    const before = await jobsInBedrock();
    const imported = await importModel({ prefix: 'restart' });
    expect(imported.jobId).toBe(id);
    expect(await timesMade(id)).toBe(1);
    expect(await jobsInBedrock()).toBe(before);
    const { store } = await notebookJobs();
    const copied = (event: JobEvent): boolean =>
      event.type === 'stage' && event.stage === 'import' && event.state === 'done';
    expect((await store.events(id)).filter(copied)).toHaveLength(1);
  });

  it('is followed where another process runs it', async () => {
    const { context, bucket = '', roleArn } = currentSession();
    const review = await reviewImport(context, { model: MODEL, bucket, roleArn, prefix: 'panel' });
    const panel = await JobStore.open(context.environment.stateDirectory);
    const { id } = await createImportJob(panel, review);
    let running: Promise<unknown> = Promise.resolve();
    await new Promise<void>(resolve => {
      running = runJob(context, panel, id, { onEvent: () => resolve() });
    });
    let followed = false;
    whenShown(/Another process runs this job/, () => {
      followed = true;
    });
    const imported = await importModel({ prefix: 'panel' });
    expect(imported.jobId).toBe(id);
    expect(followed).toBe(true);
    expect(await timesMade(id)).toBe(1);
    await running;
  });

  it('that was paused says so, and goes on when the cell is run again', async () => {
    let pausing: Promise<unknown> = Promise.resolve();
    whenShown(IMPORTING, () => {
      pausing = notebookJobs().then(({ store, runner }) => pauseJob(store, runner.ids[0] ?? ''));
    });
    await expect(importModel({ prefix: 'paused' })).rejects.toMatchObject({
      code: 'JOB_PAUSED',
      nextStep: expect.stringContaining('Run this cell again')
    });
    expect(trial.jupyter.lastText()).toContain('The job was paused.');
    await pausing;
    expect((await importModel({ prefix: 'paused' })).model.modelArn).toMatch(/imported-model/);
  });

  it('shows what a check refuses, and names from the hub stay text', async () => {
    await expect(importModel({ model: 'trial/hostile' })).rejects.toMatchObject({
      code: 'CHECK_BLOCKS',
      kind: 'blocked'
    });
    const sent = trial.jupyter.sent.at(-1) ?? {};
    expect(sent['text/plain']).toContain(HOSTILE_FILE);
    expect(sent['text/html']).toContain('&lt;img src=x onerror=alert(1)&gt;.md');
  });

  it('says what is missing in words of cells', async () => {
    await expect(reviewModel({ bucket: '' })).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
    await expect(showJob('no-such-job')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    trial.restartKernel();
    delete process.env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN;
    await connect({ model: MODEL });
    await expect(reviewModel()).rejects.toMatchObject({
      code: 'ROLE_MISSING',
      nextStep: expect.stringContaining('{ createRole: true }')
    });
    trial.setVariables({ ...trial.sandbox.env });
  });
});

describe('an import whose Bedrock fails', () => {
  it('tells why as text, whatever the text is', async () => {
    await trial.stop();
    trial = await startNotebookTrial({
      args: ['--fault', 'import-failure=<script>alert(1)</script> of the spec']
    });
    await connect({ model: MODEL });
    await expect(importModel()).rejects.toMatchObject({ code: 'IMPORT_FAILED' });
    const sent = trial.jupyter.sent.at(-1) ?? {};
    expect(sent['text/html']).toContain('&lt;script&gt;alert(1)&lt;/script&gt; of the spec');
    expect(trial.jupyter.lastText()).toMatch(/✗ +Bedrock imports the model/);
  });
});
