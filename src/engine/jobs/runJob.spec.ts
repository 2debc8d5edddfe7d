import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listImportJobs } from '../bedrock';
import { tinyModel } from '../cli/testing/tinyModel';
import { createCopyJob, createImportJob, reviewImport, runJob } from '.';
import type { JobEvent, JobSettings, JobStore } from '.';
import { ownIdentity } from './processIdentity';
import { MODEL, startJobTrial } from './testing/jobTrial';
import type { JobTrial } from './testing/jobTrial';

jest.setTimeout(60_000);

const short = ({ type, ...event }: JobEvent): string =>
  'stage' in event
    ? `${event.stage} ${event.state}`
    : 'state' in event
      ? String(event.state)
      : type;

const told = (events: readonly JobEvent[]): string[] =>
  events.filter(({ type }) => ['state', 'stage', 'answer', 'result'].includes(type)).map(short);

const began = (stages: readonly string[]): string[] =>
  stages.flatMap(stage => [`${stage} start`, `${stage} done`]);

async function makeImport(
  trial: JobTrial,
  store: JobStore,
  changes: { prefix?: string; settings?: JobSettings } = {}
): Promise<string> {
  const { prefix, settings } = changes;
  const review = await reviewImport(trial.context, { ...trial.options, prefix });
  return (await createImportJob(store, review, settings)).id;
}

describe('an import as a job', () => {
  let trial: JobTrial;

  beforeAll(async () => {
    trial = await startJobTrial({
      models: {
        'trial/unsupported': tinyModel({ config: { architectures: ['FalconForCausalLM'] } })
      },
      args: ['--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
    });
  });

  afterAll(() => trial.stop());

  it('goes through its stages, and its journal tells all of it', async () => {
    const store = await trial.newStore();
    const review = await reviewImport(trial.context, trial.options);
    const job = await createImportJob(store, review, { ask: 'Hello?' });
    expect(job).toMatchObject({
      kind: 'import',
      state: 'waiting',
      title: expect.stringContaining(MODEL) as string
    });
    const heard: JobEvent[] = [];
    const outcome = await runJob(trial.context, store, job.id, {
      onEvent: event => heard.push(event)
    });
    expect(outcome.state).toBe('done');
    expect(outcome.result.copy?.files?.length).toBe(review.plan.files.length);
    expect(outcome.result.answer?.text).not.toBe('');

    const events = await store.events(job.id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(told(events)).toEqual([
      'waiting',
      'running',
      ...began(['check', 'role', 'copy']),
      'import start',
      ...began(['import', 'wait']),
      'ask start',
      'answer',
      'ask done',
      'result',
      'done'
    ]);
    const statuses = events.map(event => (event.type === 'import-job' ? event.status : ''));
    expect(statuses.filter(status => status !== '')).toEqual(['InProgress', 'Completed']);
    const proved = events.filter(event => event.type === 'file' && event.state === 'proved');
    expect(proved).toHaveLength(review.plan.files.length);
    expect(heard.filter(({ type }) => type !== 'progress')).toEqual(
      events.slice(1).filter(({ type }) => type !== 'progress')
    );

    const after = await store.read(job.id);
    expect(after).toMatchObject({ state: 'done', lastSeq: events.length });
    expect(after.stages.map(({ state }) => state)).toEqual(Array(6).fill('done'));
    expect(after.result?.model).toEqual(outcome.result.model);
    expect(await store.list()).toMatchObject([{ id: job.id, state: 'done', stage: 'ask' }]);

    const again = await runJob(trial.context, store, job.id);
    expect(again.result.model).toEqual(outcome.result.model);
    expect((await store.read(job.id)).lastSeq).toBe(events.length);
  });

  it('is the same job when the same import is asked for again, and finds what is done', async () => {
    const store = await trial.newStore();
    const id = await makeImport(trial, store, { prefix: 'same' });
    await runJob(trial.context, store, id);
    const before = await store.read(id);
    expect(await makeImport(trial, store, { prefix: 'same' })).toBe(id);
    expect(await store.read(id)).toMatchObject({ state: 'waiting', createdAt: before.createdAt });
    const jobs = (await listImportJobs(trial.context.aws)).length;
    const outcome = await runJob(trial.context, store, id);
    expect(outcome.result.copy?.nothingMoved).toBe(true);
    expect(outcome.result.model).toEqual(before.result?.model);
    expect(await listImportJobs(trial.context.aws)).toHaveLength(jobs);
    expect(await makeImport(trial, store, { prefix: 'other' })).not.toBe(id);
  });

  it('fails at a blocker before anything is changed, and says so in its journal', async () => {
    const store = await trial.newStore();
    const objects = await trial.objects();
    const review = await reviewImport(trial.context, {
      ...trial.options,
      model: 'trial/unsupported'
    });
    const { id } = await createImportJob(store, review);
    await expect(runJob(trial.context, store, id)).rejects.toMatchObject({ code: 'CHECK_BLOCKS' });
    expect(await store.read(id)).toMatchObject({
      state: 'failed',
      stage: 'check',
      error: { code: 'CHECK_BLOCKS', kind: 'blocked' }
    });
    expect(await trial.objects()).toEqual(objects);
  });

  it('stops before it does anything more when another process has taken it over', async () => {
    const store = await trial.newStore();
    const id = await makeImport(trial, store, { prefix: 'taken-over' });
    const lease = join(store.folderOf(id), 'lease.json');
    const theirs = JSON.stringify({ version: 1, ...ownIdentity(), token: 'theirs', holder: id });
    const jobs = (await listImportJobs(trial.context.aws)).length;
    const states: string[] = [];
    const run = runJob(trial.context, store, id, {
      onEvent: event => {
        states.push(short(event));
        if (event.type === 'stage' && event.stage === 'copy' && event.state === 'done') {
          writeFileSync(lease, theirs);
        }
      }
    });
    await expect(run).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(states.at(-1)).toBe('interrupted');
    expect(await listImportJobs(trial.context.aws)).toHaveLength(jobs);
    expect((await store.events(id)).map(short).at(-1)).toBe('copy done');
    expect(readFileSync(lease, 'utf8')).toBe(theirs);
    await rm(lease);
    expect((await runJob(trial.context, store, id)).state).toBe('done');
  });

  it('is not run for another account or Region than it was planned for', async () => {
    const store = await trial.newStore();
    const review = await reviewImport(trial.context, { ...trial.options, prefix: 'elsewhere' });
    const foreign = { ...review.identity, account: '999999999999' };
    const { id } = await createImportJob(store, { ...review, identity: foreign });
    await expect(runJob(trial.context, store, id)).rejects.toMatchObject({
      code: 'JOB_OTHER_ACCOUNT'
    });
    const destination = { ...review.plan.destination, region: 'eu-west-3' };
    const moved = await createImportJob(store, {
      ...review,
      plan: { ...review.plan, destination }
    });
    await expect(runJob(trial.context, store, moved.id)).rejects.toMatchObject({
      code: 'JOB_OTHER_REGION'
    });
  });
});

describe('a copy as a job', () => {
  it('copies, and looks at the destination again when it goes on', async () => {
    const trial = await startJobTrial();
    try {
      const store = await trial.newStore();
      const { plan } = await reviewImport(trial.context, trial.options);
      const job = await createCopyJob(store, plan, { connections: 2 });
      expect(job.stages.map(({ stage }) => stage)).toEqual(['check', 'copy']);
      const stop = new AbortController();
      const first = await runJob(trial.context, store, job.id, {
        signal: stop.signal,
        onEvent: event => {
          if (event.type === 'file' && event.state === 'proved') {
            stop.abort();
          }
        }
      });
      expect(first.state).toBe('paused');
      const there = await trial.objects();
      expect(there.length).toBeGreaterThan(0);
      expect(await store.read(job.id)).toMatchObject({ state: 'paused', stage: 'copy' });
      // Somebody deletes what has arrived.
      const { aws } = trial.context;
      await aws.s3.send(
        new DeleteObjectCommand({ Bucket: plan.destination.bucket, Key: there[0] })
      );
      const second = await runJob(trial.context, store, job.id);
      // One that arrived while the first run was being stopped is proved now, and not sent again.
      const kept = plan.files.filter(({ key }) => there.indexOf(key) > 0);
      const keptBytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(second).toMatchObject({
        state: 'done',
        result: { copy: { movedBytes: plan.totalBytes - keptBytes } }
      });
      expect(second.result.copy?.files).toHaveLength(plan.files.length);
    } finally {
      await trial.stop();
    }
  });
});

describe('a job whose import fails', () => {
  it('tells Bedrock’s words, and the next try is an import of its own', async () => {
    const trial = await startJobTrial({
      args: ['--fault', 'import-seconds=0', '--fault', 'import-failure=The weights are odd.']
    });
    try {
      const store = await trial.newStore();
      const id = await makeImport(trial, store);
      for (const tries of [1, 2]) {
        await expect(runJob(trial.context, store, id)).rejects.toMatchObject({
          code: 'IMPORT_FAILED'
        });
        expect(await store.read(id)).toMatchObject({
          state: 'failed',
          stage: 'wait',
          error: { message: expect.stringContaining('The weights are odd.') as string }
        });
        expect(await listImportJobs(trial.context.aws)).toHaveLength(tries);
      }
      const stages = told(await store.events(id));
      expect(stages.filter(stage => stage === 'copy start')).toHaveLength(1);
    } finally {
      await trial.stop();
    }
  });
});
