import { inspectModel, listBuckets, reviewImport, startImport } from '../../protocol';
import { EngineFailure } from '../connection';
import { CREATE_ROLE, EMPTY_DRAFT } from './draft';
import { ImportForm } from './importForm';
import { formEngine, importReview, modelFacts, ROLE } from './testing/facts';

jest.useFakeTimers();

const FILLED = { ...EMPTY_DRAFT, source: 'maker/model', bucket: 'bucket', role: ROLE };

/** Lets timers and the promises behind them run. */
async function settle(ms = 1_000): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
}

function setUp(draft = FILLED): { engine: ReturnType<typeof formEngine>; form: ImportForm } {
  const engine = formEngine();
  const form = new ImportForm(engine);
  form.restore(draft, []);
  return { engine, form };
}

function methods(engine: ReturnType<typeof formEngine>): string[] {
  return engine.sent.map(({ method }) => method);
}

describe('the form of an import', () => {
  it('asks nothing before the engine is ready', async () => {
    const { engine, form } = setUp();
    await settle();
    expect(engine.sent).toEqual([]);
    expect(engine.connects).toBe(0);
    expect(form.missing).toBe('connection');
  });

  it('goes by itself from what was kept to a review that needs one click', async () => {
    const { engine, form } = setUp();
    engine.becomeReady();
    await settle();
    expect(methods(engine)).toEqual([
      'import/buckets',
      'import/roles',
      'model/inspect',
      'import/review'
    ]);
    expect(form.missing).toBeUndefined();
    expect(await form.start()).toBe('job-1');
    expect(engine.sent.at(-1)).toMatchObject({
      method: 'import/start',
      params: { reviewId: 'review-1', keepAwake: true, allowOverwrite: false }
    });
    expect(form.recent).toEqual(['maker/model']);
  });

  it('does not lose what was typed before the settings were there', async () => {
    const engine = formEngine();
    const form = new ImportForm(engine);
    engine.becomeReady();
    form.type('maker/ty');
    form.restore(FILLED, ['maker/earlier']);
    expect(form.draft).toEqual({ ...FILLED, source: 'maker/ty' });
    await settle();
    expect(methods(engine)).toContain('model/search');
    expect(methods(engine)).not.toContain('model/inspect');
  });

  it.each([
    ['model', { ...FILLED, source: '' }],
    ['bucket', { ...FILLED, bucket: ' ' }],
    ['role', { ...FILLED, role: '' }],
    ['template', { ...FILLED, chatTemplate: '  ' }]
  ])('says that the %s is missing', async (missing, draft) => {
    const { engine, form } = setUp(draft);
    engine.becomeReady();
    await settle();
    expect(form.missing).toBe(missing);
    expect(methods(engine)).not.toContain('import/review');
    expect(await form.start()).toBeUndefined();
  });

  it('reviews anew, once, when something is changed, and does not start on the old review', async () => {
    const { engine, form } = setUp();
    engine.becomeReady();
    await settle();
    engine.sent.length = 0;
    form.change({ prefix: 'a' });
    form.change({ prefix: 'ab' });
    expect(form.missing).toBe('review');
    expect(await form.start()).toBeUndefined();
    await settle();
    expect(engine.sent).toMatchObject([{ method: 'import/review', params: { prefix: 'ab' } }]);
    expect(form.missing).toBeUndefined();
  });

  it('does not review again for what a review does not depend on', async () => {
    const { engine, form } = setUp();
    engine.becomeReady();
    await settle();
    engine.sent.length = 0;
    form.change({ firstQuestion: 'Who are you?', keepAwake: false });
    await settle();
    expect(engine.sent).toEqual([]);
    await form.start();
    expect(engine.sent).toMatchObject([{ params: { ask: 'Who are you?', keepAwake: false } }]);
  });

  it('passes over the answer for a model that was left meanwhile', async () => {
    const { engine, form } = setUp({ ...FILLED, source: '' });
    const answers: (() => void)[] = [];
    engine.on(inspectModel, ({ model }) => {
      return new Promise(resolve => {
        answers.push(() => resolve(modelFacts({ id: model })));
      });
    });
    engine.becomeReady();
    form.choose('maker/first');
    form.choose('maker/second');
    answers[1]?.();
    await settle();
    answers[0]?.();
    await settle();
    expect(form.facts.value?.id).toBe('maker/second');
  });

  it('forgets template and name with the model that they were for', async () => {
    const { engine, form } = setUp({ ...FILLED, chatTemplate: 'x', importedModelName: 'mine' });
    engine.becomeReady();
    await settle();
    expect(form.draft).toMatchObject({ chatTemplate: 'x', importedModelName: 'mine' });
    form.choose('maker/other');
    expect(form.draft).toMatchObject({ chatTemplate: undefined, importedModelName: '' });
  });

  it('does not start against a blocker', async () => {
    const { engine, form } = setUp();
    engine.on(reviewImport, () =>
      importReview({
        checks: [{ id: 'dtype', verdict: 'blocker', found: 'fp8', why: 'Bedrock refuses it.' }]
      })
    );
    engine.becomeReady();
    await settle();
    expect(form.missing).toBe('blocker');
    expect(await form.start()).toBeUndefined();
  });

  it('replaces objects only with an agreement that is newer than the review', async () => {
    const { engine, form } = setUp();
    engine.on(reviewImport, () =>
      importReview({
        conflicts: [{ key: 'k', sizeBytes: 1, kind: 'would-overwrite', why: 'not ours' }]
      })
    );
    engine.becomeReady();
    await settle();
    expect(form.missing).toBe('overwrite');
    form.change({ allowOverwrite: true });
    expect(form.missing).toBeUndefined();
    form.change({ prefix: 'other' });
    await settle();
    expect(form.missing).toBe('overwrite');
    form.change({ allowOverwrite: true });
    await form.start();
    expect(engine.sent.at(-1)).toMatchObject({ params: { allowOverwrite: true } });
  });

  it('creates a role where one is wanted', async () => {
    const { engine, form } = setUp({ ...FILLED, role: CREATE_ROLE });
    engine.becomeReady();
    await settle();
    const review = engine.sent.find(({ method }) => method === 'import/review');
    expect(review?.params).toMatchObject({ bucket: 'bucket', roleArn: undefined });
    expect(form.missing).toBeUndefined();
  });

  it('shows why something failed, and looks again when asked to', async () => {
    const { engine, form } = setUp();
    const failure = {
      code: 'HUB_NOT_FOUND',
      message: 'No such model.',
      nextStep: 'Check the name.',
      kind: 'failed' as const
    };
    engine.on(inspectModel, () => {
      throw new EngineFailure(failure);
    });
    engine.becomeReady();
    await settle();
    expect(form.facts.state).toMatchObject({ status: 'failed', failure });
    expect(form.missing).toBe('failure');
    engine.on(inspectModel, () => modelFacts());
    form.refresh();
    await settle();
    expect(form.missing).toBeUndefined();
  });

  it('keeps what it shows through a lost connection, and reviews on the new one', async () => {
    const { engine, form } = setUp();
    engine.becomeReady();
    await settle();
    engine.setState({ status: 'connecting' });
    expect(form.facts.value?.id).toBe('maker/model');
    expect(form.missing).toBe('connection');
    engine.on(reviewImport, () => importReview({ reviewId: 'review-2' }));
    engine.becomeReady();
    // The old review is of an engine that may be gone.
    expect(form.missing).toBe('review');
    await settle();
    await form.start();
    expect(engine.sent.at(-1)).toMatchObject({ params: { reviewId: 'review-2' } });
  });

  it('starts once, however often it is asked to', async () => {
    const { engine, form } = setUp();
    engine.becomeReady();
    await settle();
    let finish: (() => void) | undefined;
    engine.on(startImport, () => {
      return new Promise(resolve => {
        finish = () => resolve({ jobId: 'job-1' });
      });
    });
    const starts = [form.start(), form.start()];
    await settle(0);
    finish?.();
    expect(await Promise.all(starts)).toEqual(['job-1', undefined]);
    expect(methods(engine).filter(method => method === 'import/start')).toHaveLength(1);
  });

  it('goes on without lists that the account may not have', async () => {
    const { engine, form } = setUp();
    engine.onQuery(listBuckets, () => {
      throw new EngineFailure({
        code: 'ACCESS_DENIED',
        message: 'Not allowed.',
        nextStep: 'Type the name.',
        kind: 'failed'
      });
    });
    engine.becomeReady();
    await settle();
    expect(form.buckets.state.status).toBe('failed');
    expect(form.missing).toBeUndefined();
  });

  it('makes paths of the file browser absolute', async () => {
    const { form } = setUp();
    expect(await form.absolutePath('models/mine')).toBe('/home/sagemaker-user/models/mine');
  });

  it('ends what is under way when it is disposed', async () => {
    const { engine, form } = setUp();
    let signal: AbortSignal | undefined;
    engine.on(inspectModel, (_, given) => {
      signal = given;
      return new Promise(() => undefined);
    });
    engine.becomeReady();
    form.dispose();
    expect(signal?.aborted).toBe(true);
    engine.sent.length = 0;
    engine.becomeReady();
    await settle();
    expect(engine.sent).toEqual([]);
  });
});
