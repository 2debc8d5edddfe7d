import { deleteImportedModel, getImportedModel, listImportedModels } from '../../protocol';
import type { ImportedModelFact } from '../../protocol';
import type { FakeEngine } from '../testing/fakeEngine';
import { ImportedModelsModel } from './importedModelsModel';
import { failing, job, listedModel, modelsEngine, settle } from './testing/modelFacts';

const { arn: ONE } = listedModel('one');

let engine: FakeEngine;
let model: ImportedModelsModel;

beforeEach(() => {
  engine = modelsEngine('two', 'one');
  model = new ImportedModelsModel(engine);
});

afterEach(() => model.dispose());

function asked(): string[] {
  const methods = engine.sent.map(({ method }) => method);
  engine.sent.length = 0;
  return methods;
}

async function open(): Promise<void> {
  engine.becomeReady();
  await settle();
  asked();
}

describe('the imported models', () => {
  it('are asked for when the engine is ready, and not before', async () => {
    model.refresh();
    model.lookUp(ONE);
    engine.setState({ status: 'connecting' });
    await settle();
    expect(asked()).toEqual([]);
    expect(engine.connects).toBe(0);
    engine.becomeReady();
    await settle();
    expect(asked()).toEqual(['importedModels/list', 'importedModels/get']);
    expect(model.models.map(({ name }) => name)).toEqual(['two', 'one']);
  });

  it('are asked for when a job is done, again after a reconnection, and when one asks', async () => {
    await open();
    engine.jobsChanged.emit([job('a', 'running')]);
    engine.jobsChanged.emit([job('a', 'paused')]);
    expect(asked()).toEqual([]);
    engine.jobsChanged.emit([job('a', 'done')]);
    expect(asked()).toEqual(['importedModels/list']);
    engine.jobsChanged.emit([job('a', 'done'), job('b', 'failed')]);
    expect(asked()).toEqual([]);
    engine.jobsChanged.emit([job('a', 'done'), job('b', 'done')]);
    expect(asked()).toEqual(['importedModels/list']);
    model.refresh();
    expect(asked()).toEqual(['importedModels/list']);
    engine.setState({ status: 'connecting' });
    engine.becomeReady();
    expect(asked()).toEqual(['importedModels/list']);
  });

  it('stay in sight while they are asked for again, and when that fails', async () => {
    await open();
    engine.onQuery(listImportedModels, failing('DENIED'));
    model.refresh();
    expect(model.state.status).toBe('loading');
    expect(model.models).toHaveLength(2);
    await settle();
    expect(model.state).toMatchObject({ status: 'failed', failure: { code: 'DENIED' } });
    expect(model.models).toHaveLength(2);
  });

  it('pass over what a lost connection leaves unanswered', async () => {
    await open();
    let fail = (_: unknown): void => undefined;
    engine.onQuery(listImportedModels, () => new Promise((_, reject) => (fail = reject)));
    model.refresh();
    engine.setState({ status: 'connecting' });
    fail(new Error('The connection is closed.'));
    await settle();
    expect(model.state.status).toBe('ready');
  });

  it('are looked up once, and after a failure again', async () => {
    await open();
    engine.on(getImportedModel, failing('THROTTLED'));
    model.lookUp(ONE);
    await settle();
    expect(model.detailsOf(ONE)).toMatchObject({ failure: { code: 'THROTTLED' } });
    engine.on(getImportedModel, () => listedModel('one', { unitsPerCopy: 8 }));
    model.lookUp(ONE);
    model.lookUp(ONE);
    await settle();
    model.lookUp(ONE);
    expect(model.detailsOf(ONE).value?.unitsPerCopy).toBe(8);
    expect(asked()).toEqual(['importedModels/get', 'importedModels/get']);
  });

  it('are told apart by words of their names, once there are many', async () => {
    const names = [...Array(200).keys()].map(index => `llama-${index}`);
    engine.onQuery(listImportedModels, () => names.map(name => listedModel(name)));
    await open();
    expect(model.hasFilter).toBe(true);
    model.filter = ' LLAMAFOR  -19 ';
    expect(model.shown.map(({ name }) => name)).toEqual([
      'llama-19',
      ...[...Array(10).keys()].map(index => `llama-19${index}`)
    ]);
  });

  it('show all when there are few', async () => {
    await open();
    model.filter = 'nothing like it';
    expect(model.hasFilter).toBe(false);
    expect(model.shown).toHaveLength(2);
  });

  it('go when they are deleted, though Bedrock lists them for a while', async () => {
    let answer = (_: null): void => undefined;
    engine.on(deleteImportedModel, () => new Promise(resolve => (answer = resolve)));
    await open();
    const deleted = model.delete(ONE);
    void model.delete(ONE);
    expect(model.item(ONE).status).toBe('deleting');
    expect(model.models).toHaveLength(2);
    answer(null);
    await deleted;
    await settle();
    expect(engine.sent).toEqual([
      { method: 'importedModels/delete', params: { model: ONE } },
      { method: 'importedModels/list', params: undefined }
    ]);
    expect(model.models.map(({ name }) => name)).toEqual(['two']);
  });

  it('keep at the model why it was not deleted', async () => {
    engine.on(deleteImportedModel, failing('MODEL_IN_USE'));
    await open();
    await model.delete(ONE);
    expect(model.item(ONE)).toMatchObject({ status: 'idle', failure: { code: 'MODEL_IN_USE' } });
    expect(model.models).toHaveLength(2);
  });

  it('know before a deletion as much as can be known', async () => {
    await open();
    await expect(model.knowAll(listedModel('one'))).resolves.toMatchObject({
      name: 'one',
      s3Uri: 's3://bucket/prefix/'
    });
    engine.on(getImportedModel, failing('DENIED'));
    await expect(model.knowAll(listedModel('two'))).resolves.toEqual(listedModel('two'));
  });

  it('are busy while it is looked at what a deletion would take', async () => {
    await open();
    let answer = (_: ImportedModelFact): void => undefined;
    engine.on(getImportedModel, () => new Promise(resolve => (answer = resolve)));
    const known = model.knowAll(listedModel('one'));
    expect(model.item(ONE).status).toBe('examining');
    answer(listedModel('one'));
    await known;
    expect(model.item(ONE).status).toBe('idle');
  });

  it('end with their requests and their listening', async () => {
    await open();
    let signal: AbortSignal | undefined;
    engine.on(deleteImportedModel, (_, given) => {
      signal = given;
      return new Promise(() => undefined);
    });
    void model.delete(ONE);
    const changed = jest.fn();
    model.stateChanged.connect(changed);
    asked();
    model.dispose();
    model.dispose();
    expect(signal?.aborted).toBe(true);
    engine.becomeReady();
    engine.jobsChanged.emit([job('a', 'done')]);
    expect(asked()).toEqual([]);
    expect(changed).not.toHaveBeenCalled();
  });
});
