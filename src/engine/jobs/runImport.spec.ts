import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox, StartSandboxOptions } from '../../sandbox/testing';
import { deleteImportedModel, listImportedModels, listImportJobs } from '../bedrock';
import { tinyModel } from '../cli/testing/tinyModel';
import { processHostSource } from '../environment';
import {
  createEngineContext,
  createImportJob,
  JobStore,
  pauseJob,
  reviewImport,
  runImport
} from '.';
import type { EngineContext, ImportOptions } from '.';

const MODEL = 'trial/tiny';

interface Trial {
  sandbox: StartedSandbox;
  context: EngineContext;
  options: ImportOptions;
}

async function startTrial(options: StartSandboxOptions = {}): Promise<Trial> {
  const sandbox = await startSandbox({
    models: {
      [MODEL]: tinyModel(),
      'trial/unsupported': tinyModel({ config: { architectures: ['FalconForCausalLM'] } })
    },
    ...options
  });
  const source = { ...processHostSource(), env: sandbox.env };
  const context = await createEngineContext({ source });
  return {
    sandbox,
    context,
    options: {
      model: MODEL,
      bucket: sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '',
      roleArn: sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN']
    }
  };
}

async function endTrial(trial: Trial): Promise<void> {
  trial.context.aws.destroy();
  await trial.sandbox.stop();
}

async function objectsIn({ context, options }: Trial): Promise<number> {
  const page = await context.aws.s3.send(new ListObjectsV2Command({ Bucket: options.bucket }));
  return page.KeyCount ?? 0;
}

describe('an import', () => {
  let trial: Trial;

  beforeAll(async () => {
    trial = await startTrial({
      args: ['--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
    });
  });

  afterAll(() => endTrial(trial));

  it('is reviewed without changing anything', async () => {
    const review = await reviewImport(trial.context, trial.options);
    expect(review.checks.filter(({ verdict }) => verdict === 'blocker')).toEqual([]);
    expect(review.plan.bytesToMove).toBe(review.plan.totalBytes);
    expect(review.s3Uri).toMatch(
      new RegExp(`^s3://${trial.options.bucket}/bedrock-import/trial/tiny/[0-9a-f]{12}/$`)
    );
    expect(review.costNotes.length).toBeGreaterThan(0);
    expect(await objectsIn(trial)).toBe(0);
    expect(await listImportJobs(trial.context.aws)).toEqual([]);
  });

  it('is named the same every time, so that it can be found again', async () => {
    const [first, second] = [
      await reviewImport(trial.context, trial.options),
      await reviewImport(trial.context, trial.options)
    ];
    expect(first.names).toEqual(second.names);
    const other = await reviewImport(trial.context, { ...trial.options, prefix: 'elsewhere' });
    expect(other.names.jobName).not.toBe(first.names.jobName);
  });

  it('goes from the name to an answer, and the second time does nothing again', async () => {
    const stages: string[] = [];
    const first = await runImport(trial.context, await reviewImport(trial.context, trial.options), {
      ask: 'Hello?',
      onStage: (stage, state) => stages.push(`${stage} ${state}`)
    });
    expect([...new Set(stages)]).toEqual(
      ['check', 'role', 'copy', 'import', 'wait', 'ask'].flatMap(name => [
        `${name} start`,
        `${name} done`
      ])
    );
    const store = await JobStore.open(trial.context.environment.stateDirectory);
    expect((await store.read(first.jobId)).state).toBe('done');
    expect(first.answer?.api).toMatch(/Converse|InvokeModel/);

    const review = await reviewImport(trial.context, trial.options);
    expect(review.existing?.model?.modelArn).toBe(first.model.modelArn);
    const second = await runImport(trial.context, review);
    expect(second.jobId).toBe(first.jobId);
    expect(second.copy.nothingMoved).toBe(true);
    expect(second.model.modelArn).toBe(first.model.modelArn);
    expect(await listImportJobs(trial.context.aws)).toHaveLength(1);
  });

  it('is made anew, under the next number, when its model was deleted', async () => {
    const before = await reviewImport(trial.context, trial.options);
    for (const { modelArn } of await listImportedModels(trial.context.aws)) {
      await deleteImportedModel(trial.context.aws, modelArn);
    }
    const review = await reviewImport(trial.context, trial.options);
    expect(review.existing).toBeUndefined();
    expect(review.names.jobName).toBe(`${before.names.jobName}-2`);
  });

  it('follows a running import instead of starting another', async () => {
    const stop = new AbortController();
    const review = await reviewImport(trial.context, trial.options);
    await expect(
      runImport(trial.context, review, {
        onStage: stage => stage === 'wait' && stop.abort(),
        signal: stop.signal
      })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    const again = await reviewImport(trial.context, trial.options);
    expect(again.existing?.job.jobName).toBe(review.names.jobName);
    const result = await runImport(trial.context, again);
    expect(result.importJob.jobName).toBe(review.names.jobName);
  });

  it('stops at a blocker before anything is changed', async () => {
    const objects = await objectsIn(trial);
    const review = await reviewImport(trial.context, {
      ...trial.options,
      model: 'trial/unsupported'
    });
    await expect(runImport(trial.context, review)).rejects.toMatchObject({
      code: 'CHECK_BLOCKS',
      kind: 'blocked',
      message: expect.stringContaining('FalconForCausalLM') as string
    });
    expect(await objectsIn(trial)).toBe(objects);
    const store = await JobStore.open(trial.context.environment.stateDirectory);
    expect((await store.list()).map(({ title }) => title).join()).not.toContain('unsupported');
  });

  it('ends where somebody else pauses it, and says so', async () => {
    const review = await reviewImport(trial.context, { ...trial.options, prefix: 'paused' });
    const store = await JobStore.open(trial.context.environment.stateDirectory);
    const job = await createImportJob(store, review);
    let pausing: Promise<unknown> | undefined;
    const run = runImport(trial.context, review, {
      store,
      onStage: stage => {
        pausing ??= stage === 'copy' ? pauseJob(store, job.id) : undefined;
      }
    });
    await expect(run).rejects.toMatchObject({ code: 'JOB_PAUSED', subject: job.id });
    await pausing;
    expect((await runImport(trial.context, review, { store })).jobId).toBe(job.id);
  });

  it('asks for a role and names those that fit', async () => {
    await expect(
      reviewImport(trial.context, { ...trial.options, roleArn: undefined })
    ).rejects.toMatchObject({
      code: 'ROLE_MISSING',
      kind: 'usage',
      nextStep: expect.stringContaining('BedrockImportSandboxRole') as string
    });
  });

  it.each(['with space', 'a--b', 'x'.repeat(64), '-a'])('refuses %j as a name', async name => {
    await expect(
      reviewImport(trial.context, { ...trial.options, importedModelName: name })
    ).rejects.toMatchObject({ code: 'IMPORT_NAME_INVALID' });
  });

  it('refuses the name of another imported model before anything is changed', async () => {
    const taken = (await listImportedModels(trial.context.aws))[0]?.modelName;
    const review = await reviewImport(trial.context, {
      ...trial.options,
      prefix: 'named',
      importedModelName: taken
    });
    expect(review.checks).toContainEqual(
      expect.objectContaining({ id: 'import-names', verdict: 'blocker' })
    );
  });
});

it('warns before the copy when the quota of imported models is used up', async () => {
  const trial = await startTrial({ args: ['--fault', 'import-seconds=0'] });
  try {
    const idsOf = async (prefix: string): Promise<string[]> => {
      const review = await reviewImport(trial.context, { ...trial.options, prefix });
      if (!review.checks.some(({ id }) => id === 'imported-models-quota')) {
        await runImport(trial.context, review);
      }
      return review.checks.map(({ id, verdict }) => `${id} ${verdict}`);
    };
    for (const prefix of ['one', 'two', 'three']) {
      expect(await idsOf(prefix)).not.toContain('imported-models-quota warning');
    }
    expect(await idsOf('four')).toContain('imported-models-quota warning');
  } finally {
    await endTrial(trial);
  }
});

describe('an import with a role of its own', () => {
  it('creates the role, waits until Bedrock takes it, and imports', async () => {
    const trial = await startTrial({
      args: ['--fault', 'import-seconds=1', '--fault', 'role-not-ready=4']
    });
    try {
      const review = await reviewImport(trial.context, {
        ...trial.options,
        roleArn: undefined,
        createRole: true
      });
      expect(review.role.policies?.trust.Statement).toHaveLength(1);
      const waits: string[] = [];
      const result = await runImport(trial.context, review, {
        onWait: ({ reason }) => waits.push(reason)
      });
      expect(result.role.created).toBe(true);
      expect(result.model.modelName).toBe(review.names.importedModelName);
      expect(waits.join()).toMatch(/role/i);
    } finally {
      await endTrial(trial);
    }
  });
});

describe('an import that fails', () => {
  it('shows Bedrock’s own words, and the next try is another job', async () => {
    const trial = await startTrial({
      args: ['--fault', 'import-seconds=1', '--fault', 'import-failure=The weights are odd.']
    });
    try {
      const review = await reviewImport(trial.context, trial.options);
      await expect(runImport(trial.context, review)).rejects.toMatchObject({
        code: 'IMPORT_FAILED',
        message: expect.stringContaining('The weights are odd.') as string
      });
      const next = await reviewImport(trial.context, trial.options);
      expect(next.existing).toBeUndefined();
      expect(next.names.jobName).toBe(`${review.names.jobName}-2`);
      expect(next.plan.bytesToMove).toBe(0);
    } finally {
      await endTrial(trial);
    }
  });
});
