import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { nullTranslator } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';

import { inspectModel, reviewImport, searchModels } from '../../protocol';
import { TranslationProvider } from '../components';
import { EMPTY_DRAFT } from './draft';
import { Form } from './form';
import { ImportForm } from './importForm';
import { formEngine, importReview, modelFacts, ROLE } from './testing/facts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const FILLED = { ...EMPTY_DRAFT, source: 'maker/model', bucket: 'bucket', role: ROLE };
const MARKUP = '<img src=x onerror="window.ran=true">';

function show(draft = FILLED, engine = formEngine()) {
  const form = new ImportForm(engine);
  form.restore(draft, ['maker/earlier']);
  const actions = { createBucket: jest.fn(), start: jest.fn(), showJob: jest.fn() };
  render(
    <TranslationProvider value={trans}>
      <UseSignal signal={form.stateChanged}>
        {() => <Form form={form} actions={actions} />}
      </UseSignal>
    </TranslationProvider>
  );
  return { engine, form, actions };
}

async function becomeReady(engine: ReturnType<typeof formEngine>): Promise<void> {
  await act(async () => {
    engine.becomeReady();
    await new Promise(resolve => setTimeout(resolve, 50));
  });
}

describe('the form', () => {
  it('shows what was found, what will happen and what it costs, and starts', async () => {
    const { engine, actions } = show();
    await becomeReady(engine);
    expect(screen.getByText('8.03 B')).toBeTruthy();
    expect(screen.getByText('apache-2.0')).toBeTruthy();
    expect(screen.getByText('Open to all')).toBeTruthy();
    expect(screen.getByText('1 file taken (16.07 GB)')).toBeTruthy();
    expect(screen.getByText('1 file left out (5 kB)')).toBeTruthy();
    expect(screen.getByText('needs 18.87 GB, 4.00 GB available, 14.87 GB missing')).toBeTruthy();
    expect(await screen.findByText('What will happen')).toBeTruthy();
    expect(screen.getByText('The import itself is free.')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Start' }));
    expect(actions.start).toHaveBeenCalledTimes(1);
  });

  it('says beside Start what is missing, and keeps it reachable by keyboard', async () => {
    const { engine, actions } = show({ ...FILLED, bucket: '' });
    await becomeReady(engine);
    const start = screen.getByRole('button', { name: 'Start' });
    expect(start.getAttribute('aria-disabled')).toBe('true');
    expect(start).not.toHaveProperty('disabled', true);
    expect(screen.getByText('Choose a bucket', { selector: '[role=status]' })).toBeTruthy();
    await userEvent.click(start);
    expect(actions.start).not.toHaveBeenCalled();
  });

  it('finds models while one types, by keyboard alone', async () => {
    const { engine, form } = show({ ...FILLED, source: '' });
    engine.on(searchModels, () =>
      ['maker/one', 'maker/two'].map(id => ({
        id,
        downloads: 1234,
        likes: 0,
        gated: id === 'maker/two' ? ('manual' as const) : (false as const),
        private: false
      }))
    );
    await becomeReady(engine);
    const field = screen.getByRole('combobox', { name: 'Model' });
    await userEvent.type(field, 'make');
    const options = await screen.findAllByRole('option', { name: /maker\/(one|two)/ });
    expect(options.map(({ textContent }) => textContent)).toEqual([
      'maker/one1,234 downloads',
      'maker/two1,234 downloads · gated'
    ]);
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    expect(field.getAttribute('aria-activedescendant')).toBe(options[1]?.id);
    await userEvent.keyboard('{Enter}');
    expect(form.draft.source).toBe('maker/two');
    expect(document.activeElement).toBe(field);
    expect(screen.queryByRole('listbox')).toBeNull();
  });

  it('offers earlier models, and closes the list on Escape', async () => {
    const { engine } = show({ ...FILLED, source: '' });
    await becomeReady(engine);
    await userEvent.click(screen.getByRole('combobox', { name: 'Model' }));
    expect(screen.getByRole('option', { name: /maker\/earlier/ })).toBeTruthy();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('listbox')).toBeNull();
  });

  it('takes a bucket that is not listed', async () => {
    const { engine, form } = show();
    await becomeReady(engine);
    const bucket = screen.getByRole('combobox', { name: 'Bucket' });
    await userEvent.selectOptions(bucket, 'Another …');
    const typed = screen.getByRole('textbox', { name: 'Name of the bucket' });
    await userEvent.clear(typed);
    await userEvent.type(typed, 'theirs{Enter}');
    expect(form.draft.bucket).toBe('theirs');
    expect(within(bucket).getByRole('option', { name: 'theirs', selected: true })).toBeTruthy();
  });

  it('asks for a new bucket without choosing it yet', async () => {
    const { engine, form, actions } = show();
    await becomeReady(engine);
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Bucket' }),
      'Create a bucket …'
    );
    expect(actions.createBucket).toHaveBeenCalledTimes(1);
    expect(form.draft.bucket).toBe('bucket');
  });

  it('replaces the chat template from the model’s own, and goes back', async () => {
    const { engine, form } = show();
    await becomeReady(engine);
    await userEvent.click(screen.getByRole('radio', { name: /^Replace/ }));
    const text = screen.getByRole('textbox', { name: 'Chat template (Jinja)' });
    expect(text).toHaveProperty('value', '{{ messages }}');
    await userEvent.type(text, '!');
    await userEvent.tab();
    expect(form.draft.chatTemplate).toBe('{{ messages }}!');
    await userEvent.click(screen.getByRole('button', { name: 'Back to the model’s own' }));
    expect(form.draft.chatTemplate).toBe('{{ messages }}');
    await userEvent.click(screen.getByRole('radio', { name: /^Keep/ }));
    expect(form.draft.chatTemplate).toBeUndefined();
  });

  it('shows what would be replaced and asks for the agreement', async () => {
    const engine = formEngine().on(reviewImport, () =>
      importReview({
        conflicts: [{ key: 'theirs.bin', sizeBytes: 7, kind: 'would-overwrite', why: 'not ours' }]
      })
    );
    show(FILLED, engine);
    await becomeReady(engine);
    expect(await screen.findByText('theirs.bin')).toBeTruthy();
    const start = screen.getByRole('button', { name: 'Start' });
    expect(start.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(screen.getByRole('checkbox', { name: 'Replace them' }));
    expect(start.getAttribute('aria-disabled')).toBe('false');
  });

  it('shows a created role with its policies', async () => {
    const engine = formEngine().on(reviewImport, () =>
      importReview({ role: { action: 'create', name: 'BedrockImport', policies: '{"a": 1}' } })
    );
    show(FILLED, engine);
    await becomeReady(engine);
    await userEvent.click(await screen.findByText('Its policies'));
    expect(await screen.findByText('{"a": 1}')).toBeTruthy();
  });

  it('shows markup of a model as text', async () => {
    const engine = formEngine()
      .on(inspectModel, () =>
        modelFacts({
          license: MARKUP,
          taken: [{ path: MARKUP, sizeBytes: 1 }],
          checks: [{ id: 'x', verdict: 'warning', found: MARKUP, why: MARKUP, nextStep: MARKUP }]
        })
      )
      .on(reviewImport, () => importReview({ costNotes: [MARKUP], importedModelName: MARKUP }));
    show(FILLED, engine);
    await becomeReady(engine);
    await userEvent.click(screen.getByText('1 file taken (16.07 GB)'));
    expect((await screen.findAllByText(MARKUP)).length).toBeGreaterThanOrEqual(3);
    expect(document.querySelector('img')).toBeNull();
    expect('ran' in window).toBe(false);
  });

  it('stays usable with 5,000 files and a name of 300 characters', async () => {
    const name = `${'a'.repeat(296)}.bin`;
    const taken = Array.from({ length: 5_000 }, (_, index) => ({
      path: index === 0 ? name : `file-${index}.bin`,
      sizeBytes: 1_000
    }));
    const engine = formEngine().on(inspectModel, () => modelFacts({ taken }));
    show(FILLED, engine);
    await becomeReady(engine);
    await userEvent.click(screen.getByText('5000 files taken (16.07 GB)'));
    const list = await screen.findByRole('list', { name: 'Files that are taken' });
    expect(list.children).toHaveLength(100);
    expect(within(list).getByText(name).title).toBe(name);
    await userEvent.click(screen.getByRole('button', { name: 'Show 100 more' }));
    expect(list.children).toHaveLength(200);
  });
});
