import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { deleteImportedModel, listImportedModels, listImportJobs } from '../bedrock';
import { tinyModel } from '../cli/testing/tinyModel';
import { createImportJob, JobStore, reviewImport, runJob } from '.';
import type { JobEvent } from '.';
import { denoProgram } from './testing/denoProgram';
import type { DenoProgram } from './testing/denoProgram';
import { allText, QUICK, requireNoSecrets, startJobTrial } from './testing/jobTrial';
import type { JobTrial } from './testing/jobTrial';

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
  const outcome = await runJob(context, store, job.id, { onEvent: look }).catch(error => error);
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

  const started = (
    store: JobStore,
    prefix: string,
    deadly: string,
    ask = ''
  ): ReturnType<DenoProgram['start']> =>
    program.start(
      [
        store.stateDirectory,
        JSON.stringify(QUICK),
        JSON.stringify({ ...trial.options, model: 'trial/parts', prefix }),
        ask,
        deadly
      ],
      { writable: [store.stateDirectory], env: trial.env }
    );

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
    const child = started(store, prefix, deadly, 'Hello?');
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
    const source = join(trial.sandbox.modelsDirectory, 'trial', 'parts');
    for (const [path, base64] of content) {
      expect(base64 === (await readFile(join(source, path))).toString('base64')).toBe(true);
    }
    expect(content.size).toBe(left.plan.files.length);
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

  it('is not run by two processes that are started at the same time', async () => {
    const store = await trial.newStore();
    const children = Array.from({ length: 3 }, () => started(store, 'twice', ''));
    const ends = await Promise.all(
      children.map(async child => (await child.wrote(/ended (\S+)/))[1])
    );
    await Promise.all(children.map(({ ended }) => ended));
    expect(ends.filter(end => end !== 'done' && end !== 'JOB_RUNNING_ELSEWHERE')).toEqual([]);
    expect(ends).toContain('done');
    const [job] = await store.list();
    const events = await store.events(job?.id ?? '');
    expect(events.filter(({ type }) => type === 'result').length).toBe(
      ends.filter(end => end === 'done').length
    );
    expect(await store.list()).toHaveLength(1);
  });
});

function isStageEnd(event: JobEvent, stage: string): boolean {
  return event.type === 'stage' && event.stage === stage && event.state === 'done';
}
