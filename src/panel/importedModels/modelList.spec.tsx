import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';

import { deleteImportedModel, getImportedModel, listImportedModels } from '../../protocol';
import { TranslationProvider } from '../components';
import type { FakeEngine } from '../testing/fakeEngine';
import { confirmDelete } from './deleteDialog';
import { ImportedModelsModel } from './importedModelsModel';
import { ModelList } from './modelList';
import { failing, listedModel, modelsEngine, settle } from './testing/modelFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
/** jsdom does not open dialogs. */
const HIDDEN = { hidden: true };
const MARKUP = '<img src=x onerror="window.ran=true">';

async function show(engine: FakeEngine = modelsEngine('two', 'one')) {
  const model = new ImportedModelsModel(engine);
  const actions = {
    ask: jest.fn(),
    remove: jest.fn(({ arn }: { arn: string }) => model.delete(arn))
  };
  render(
    <TranslationProvider value={trans}>
      <UseSignal signal={model.stateChanged}>
        {() => <ModelList model={model} actions={actions} />}
      </UseSignal>
    </TranslationProvider>
  );
  await act(async () => {
    engine.becomeReady();
    await settle();
  });
  return { engine, model, actions };
}

function item(name: string): HTMLElement {
  return screen.getByRole('listitem', { name });
}

describe('the section of imported models', () => {
  it('names each model, and says more when it is opened', async () => {
    const { engine } = await show();
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
    const two = within(item('two'));
    expect(two.getByText('LlamaForCausalLM')).toBeTruthy();
    expect(engine.sent.map(({ method }) => method)).toEqual(['importedModels/list']);
    await userEvent.click(two.getByText('Details'));
    expect(await two.findByText('2 Custom Model Units per copy, v1.0')).toBeTruthy();
    expect(two.getByText(/in windows of 5 minutes/)).toBeTruthy();
    expect(two.getByText('s3://bucket/prefix/')).toBeTruthy();
    expect(two.getByText('job-one')).toBeTruthy();
    expect(two.getByText(/imported-model\/two/)).toBeTruthy();
    expect(engine.sent.slice(1)).toEqual([
      { method: 'importedModels/get', params: { model: listedModel('two').arn } }
    ]);
  });

  it('offers to ask and to copy the ARN, each named for its model', async () => {
    const { actions } = await show();
    await userEvent.click(screen.getByRole('button', { name: 'Ask one' }));
    expect(actions.ask).toHaveBeenCalledWith(listedModel('one'));
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    await userEvent.click(screen.getByRole('button', { name: 'Copy the ARN of one' }));
    expect(copy).toHaveBeenCalledWith(listedModel('one').arn);
  });

  it('says what is deleted while it is, and the focus has somewhere to go', async () => {
    let answer = (_: null): void => undefined;
    const { engine } = await show();
    engine.on(deleteImportedModel, () => new Promise(resolve => (answer = resolve)));
    await userEvent.click(screen.getByRole('button', { name: 'Delete one …' }));
    const one = within(item('one'));
    expect(one.getByText('Being deleted …').getAttribute('role')).toBe('status');
    expect(one.getByRole('button', { name: 'Ask one' }).getAttribute('aria-disabled')).toBe('true');
    await act(async () => {
      answer(null);
      await settle();
    });
    expect(screen.queryByRole('listitem', { name: 'one' })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole('list', { name: 'Imported models' }));
  });

  it('keeps the focus in the section when the last one is deleted', async () => {
    const { engine } = await show(modelsEngine('one'));
    engine.on(deleteImportedModel, () => null);
    screen.getByRole('button', { name: 'Delete one …' }).focus();
    await userEvent.keyboard('{Enter}');
    await act(settle);
    expect(document.activeElement?.textContent).toMatch(/^No model is imported/);
  });

  it('says at the model why it was not deleted, as text', async () => {
    const { engine } = await show();
    engine.on(deleteImportedModel, failing('MODEL_IN_USE', MARKUP));
    await userEvent.click(screen.getByRole('button', { name: 'Delete one …' }));
    expect(within(item('one')).getByRole('alert').textContent).toContain(MARKUP);
    expect(within(item('two')).queryByRole('alert')).toBeNull();
    expect(document.querySelector('img')).toBeNull();
  });

  it('says that there is none, or why it cannot be known', async () => {
    await show(modelsEngine());
    expect(screen.getByText('No model is imported in this account and Region yet.')).toBeTruthy();
  });

  it('shows a failure above what was known', async () => {
    const { engine, model } = await show();
    engine.onQuery(listImportedModels, failing('DENIED'));
    await act(async () => {
      model.refresh();
      await settle();
    });
    expect(screen.getByRole('alert').textContent).toContain('Step of DENIED.');
    expect(item('one')).toBeTruthy();
  });

  it('shows what Bedrock sends as text', async () => {
    await show(modelsEngine(MARKUP));
    expect(screen.getByText(MARKUP)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('finds one among two hundred, and keeps the focus in the field', async () => {
    await show(modelsEngine(...[...Array(200).keys()].map(index => `model-${index}`)));
    const field = screen.getByRole('searchbox', { name: 'Filter models' });
    await userEvent.type(field, 'model-19');
    expect(screen.getAllByRole('listitem')).toHaveLength(11);
    expect(screen.getByText('11 of 200')).toBeTruthy();
    expect(document.activeElement).toBe(field);
  });

  it('says in the details why they are missing', async () => {
    const { engine } = await show();
    engine.on(getImportedModel, failing('DENIED'));
    await userEvent.click(within(item('one')).getByText('Details'));
    expect((await within(item('one')).findByRole('alert')).textContent).toContain('DENIED');
  });
});

describe('the dialog before a deletion', () => {
  afterEach(() => document.querySelectorAll('.jp-Dialog').forEach(node => node.remove()));

  async function ask(s3Uri?: string) {
    const answered = confirmDelete(listedModel('one', { s3Uri }), trans);
    const dialog = await screen.findByRole('dialog', HIDDEN);
    await act(settle);
    return { answered, dialog };
  }

  it('names what goes and what stays, and Enter cancels', async () => {
    const { answered, dialog } = await ask('s3://bucket/prefix/');
    const { textContent } = dialog;
    for (const text of [
      '“one”',
      listedModel('one').arn,
      'cannot be undone',
      's3://bucket/prefix/',
      'cost storage'
    ]) {
      expect(textContent).toContain(text);
    }
    expect(document.activeElement?.textContent).toBe('Cancel');
    await userEvent.keyboard('{Enter}');
    await expect(answered).resolves.toBe(false);
  });

  it('agrees only by its button', async () => {
    const { answered, dialog } = await ask();
    expect(dialog.textContent).toContain('stay in S3');
    await userEvent.click(
      within(dialog).getByRole('button', { ...HIDDEN, name: 'Delete the model' })
    );
    await expect(answered).resolves.toBe(true);
  });
});
