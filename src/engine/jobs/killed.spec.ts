import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { deleteImportedModel, listImportedModels, listImportJobs } from '../bedrock';
import { tinyModel } from '../cli/testing/tinyModel';
import { createImportJob, JobStore, reviewImport, runJob } from '.';
import type { JobEvent } from '.';
import { denoProgram } from './testing/denoProgram';
import type { DenoProgram } from './testing/denoProgram';
import { allText, MODEL, QUICK, requireNoSecrets, startJobTrial } from './testing/jobTrial';
import type { JobTrial } from './testing/jobTrial';

jest.setTimeout(90_000);

/** Ends itself as kill -9 would as soon as an event is on the disk that matches. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { createEngineContext, createImportJob, JobStore, reviewImport, runJob } from '.';
  const [state, timing, options, ask, deadly] = process.argv.slice(2);
  const context = await createEngineContext();
  const store = await JobStore.open(state, { timing: JSON.parse(timing) });
  const review = await reviewImport(context, JSON.parse(options));
  const job = await createImportJob(store, review, ask === '' ? {} : { ask });
  const journal = store.journalOf(job.id);
  console.log('made ' + job.id);
  const look = () => {
    const text = readFileSync(journal, 'utf8');
    if (deadly !== '' && new RegExp(deadly).test(text)) {
      // Nothing more of this process runs: no handler, no flush.
      console.log('dies');
      for (;;) {}
    }
  };
  const timer = setInterval(look, 1);
  const onEvent = event => {
    if (event.type === 'warning') {
      console.log('warned');
    }
    look();
  };
  const outcome = await runJob(context, store, job.id, { onEvent }).catch(error => error);
  clearInterval(timer);
  console.log('ended ' + (outcome.state ?? outcome.code ?? outcome));
  process.exit(0);`;

describe('an import whose process is killed', () => {
  let trial: JobTrial;
  let program: DenoProgram;
  let number = 0;

  beforeAll(async () => {
    [trial, program] = await Promise.all([
      startJobTrial({
        models: { 'trial/parts': tinyModel({ shards: 2, paddingBytes: 24 * 2 ** 20 }) },
        args: ['--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
      }),
      denoProgram(PROGRAM)
    ]);
  });

  afterAll(async () => {
    await program.remove();
    await trial.stop();
  });

  /** Their quota must not stop the next trial. */
  afterEach(async () => {
    for (const { modelArn } of await listImportedModels(trial.context.aws)) {
      await deleteImportedModel(trial.context.aws, modelArn);
    }
  });

  function started(
    store: JobStore,
    trying: { prefix: string; model: string; deadly?: string; ask?: string; fileLimitKiB?: number }
  ): ReturnType<DenoProgram['start']> {
    const { prefix, model, deadly = '', ask = '', fileLimitKiB } = trying;
    const options = JSON.stringify({ ...trial.options, model, prefix });
    return program.start([store.stateDirectory, JSON.stringify(QUICK), options, ask, deadly], {
      writable: [store.stateDirectory],
      env: trial.env,
      fileLimitKiB
    });
  }

  async function contentOf(prefix: string): Promise<Map<string, string>> {
    const { aws } = trial.context;
    const content = new Map<string, string>();
    for (const Key of await trial.objects()) {
      if (Key.startsWith(`${prefix}/`) && !Key.endsWith('manifest.json')) {
        const object = await aws.s3.send(
          new GetObjectCommand({ Bucket: trial.options.bucket, Key })
        );
        content.set(
          Key.slice(prefix.length + 1),
          Buffer.from((await object.Body?.transformToByteArray()) ?? []).toString('base64')
        );
      }
    }
    return content;
  }

  /** Everything that the journal of an import goes through, in order. */
  const states = [
    '"state":"waiting"',
    '"state":"running"',
    '"stage":"check","state":"start"',
    '"stage":"check","state":"done"',
    '"stage":"role","state":"start"',
    '"stage":"role","state":"done"',
    '"stage":"copy","state":"start"',
    '"type":"progress"',
    '"state":"copying"',
    '"state":"proved"',
    '"phase":"manifest"|"stage":"copy","state":"done"',
    '"stage":"import","state":"start"',
    '"jobName":',
    '"type":"import-job"',
    '"stage":"import","state":"done"',
    '"stage":"wait","state":"start"',
    '"status":"Completed"',
    '"stage":"wait","state":"done"',
    '"stage":"ask","state":"start"',
    '"type":"answer"'
  ];

  it.each(states)('goes on after %s, once and whole', async deadly => {
    const store = await trial.newStore();
    const prefix = `killed-${++number}`;
    const before = (await listImportJobs(trial.context.aws)).length;
    // While bytes move, there is a file in parts; elsewhere a small model will do.
    const model = /progress|copying|proved/.test(deadly) ? 'trial/parts' : MODEL;
    const child = started(store, { prefix, model, deadly, ask: 'Hello?' });
    const [, id = ''] = await child.wrote(/made (\S+)/);
    await child.wrote(/dies/);
    child.kill('SIGKILL');
    await child.ended;
    requireNoSecrets(await allText(store.stateDirectory), trial.env);
    const left = await store.read(id);
    expect(left.state).toBe(left.lastSeq === 1 ? 'waiting' : 'interrupted');

    const outcome = await runJob(trial.context, store, id);
    expect(outcome.state).toBe('done');
    expect(outcome.result.answer?.text).not.toBe('');
    const events = await store.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(await listImportJobs(trial.context.aws)).toHaveLength(before + 1);
    const content = await contentOf(prefix);
    const source = join(trial.sandbox.modelsDirectory, model);
    for (const [path, base64] of content) {
      expect(base64 === (await readFile(join(source, path))).toString('base64')).toBe(true);
    }
    expect(content.size).toBe(left.kind === 'move' ? 0 : left.plan.files.length);
    expect(await trial.uploads()).toEqual([]);
    // What was done before is not done again.
    const doneTwice = (stage: string): number =>
      events.filter(event => isStageEnd(event, stage)).length;
    expect(['import', 'wait', 'ask'].map(doneTwice)).toEqual([1, 1, 1]);
    const files = (await readdir(store.folderOf(id))).filter(name => !/\.claim-/.test(name));
    expect(files.filter(name => !name.endsWith('.tmp'))).toEqual(['job.json', 'journal.jsonl']);
  });

  it('does not start a second import when it dies between the request and its note', async () => {
    const store = await trial.newStore();
    const prefix = 'between';
    const before = (await listImportJobs(trial.context.aws)).length;
    const review = await reviewImport(trial.context, { ...trial.options, prefix });
    const { id } = await createImportJob(store, review);
    await expect(
      runJob(trial.context, store, id, {
        onEvent: event => {
          if (event.type === 'import-job') {
            throw new Error('as if it had died here');
          }
        }
      })
    ).rejects.toThrow();
    expect(await listImportJobs(trial.context.aws)).toHaveLength(before + 1);
    expect((await runJob(trial.context, store, id)).state).toBe('done');
    expect(await listImportJobs(trial.context.aws)).toHaveLength(before + 1);
  });

  it('goes on without its journal when the disk fills up, and says so once', async () => {
    const store = await trial.newStore();
    const review = await reviewImport(trial.context, { ...trial.options, prefix: 'full' });
    const { id } = await createImportJob(store, review);
    const live = await store.hold(id);
    for (let line = 0; line < 40; line++) {
      live.emit({ type: 'warning', message: 'x'.repeat(200) });
    }
    await store.letGo(live);
    const child = started(store, { prefix: 'full', model: MODEL, fileLimitKiB: 12 });
    const [, end] = await child.wrote(/ended (\S+)/);
    await child.ended;
    expect(end).toBe('done');
    expect(child.output().match(/warned/g)).toHaveLength(1);
    expect((await store.events(id)).length).toBeLessThan(60);
    // Whole lines only, and the next process can go on from them.
    const cut = await store.read(id);
    expect(cut.state).toBe('interrupted');
    expect((await runJob(trial.context, store, id)).state).toBe('done');
  });

  it('is not run by two processes that are started at the same time', async () => {
    const store = await trial.newStore();
    const children = Array.from({ length: 3 }, () =>
      started(store, { prefix: 'twice', model: MODEL })
    );
    const ends = await Promise.all(
      children.map(async child => (await child.wrote(/ended (\S+)/))[1])
    );
    await Promise.all(children.map(({ ended }) => ended));
    expect(ends.filter(end => end !== 'done' && end !== 'JOB_RUNNING_ELSEWHERE')).toEqual([]);
    expect(ends).toContain('done');
    const [job] = await store.list();
    const events = await store.events(job?.id ?? '');
    // One after the other: no run begins before the one before it has ended.
    const runs = events.flatMap(event =>
      event.type === 'state' && ['running', 'done'].includes(event.state) ? [event.state] : []
    );
    expect(runs).toEqual(runs.map((_, index) => (index % 2 === 0 ? 'running' : 'done')));
    expect(runs.at(-1)).toBe('done');
    // Whoever comes to a job that is done already has nothing to add.
    const results = events.filter(({ type }) => type === 'result').length;
    expect(results).toBe(runs.length / 2);
    expect(results).toBeLessThanOrEqual(ends.filter(end => end === 'done').length);
    expect(await store.list()).toHaveLength(1);
  });
});

function isStageEnd(event: JobEvent, stage: string): boolean {
  return event.type === 'stage' && event.stage === stage && event.state === 'done';
}
