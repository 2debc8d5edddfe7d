import { show } from '../display';
import { importModel } from '../importModel';
import { connect } from '../session';
import { MODEL, startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { ask } from '.';

jest.setTimeout(60_000);

let trial: NotebookTrial;

beforeAll(async () => {
  trial = await startNotebookTrial({
    args: ['--fault', 'import-seconds=0.2', '--fault', 'model-not-ready=2']
  });
});

afterAll(() => trial.stop());

it('an answer is shown as it comes, after the wait for the model, in one display', async () => {
  await expect(ask('arn', 'Hello?')).rejects.toMatchObject({ code: 'CELL_ORDER' });
  await connect({ model: MODEL });
  const imported = await importModel();
  const opened = trial.jupyter.standing().length;
  const sent = trial.jupyter.sent.length;
  const pieces: string[] = [];
  const question = 'Is <b>this</b> markup?';
  const answer = await ask(imported, question, {
    maxTokens: 24,
    onText: text => pieces.push(text)
  });
  expect(pieces.join('')).toBe(answer.text);
  expect(pieces.length).toBeGreaterThan(1);
  expect(answer.coldStartMs).toBeGreaterThan(0);
  expect(trial.jupyter.standing()).toHaveLength(opened + 1);
  const texts = trial.jupyter.sent.slice(sent).map(bundle => String(bundle['text/plain']));
  expect(texts.some(text => text.includes('restoring a copy of the model'))).toBe(true);
  expect(texts.at(-1)).toContain('24 out');
  expect(texts.at(-1)).toContain('after a cold start of');
  expect(trial.jupyter.sent.at(-1)?.['text/html']).toContain('Is &lt;b&gt;this&lt;/b&gt; markup?');
  await show(answer);
  expect(trial.jupyter.lastText()).toContain('24 out');
});

it('a question is stopped with its cell, and a wrong model is told in the display', async () => {
  await connect({ model: MODEL });
  const imported = await importModel();
  const stopCell = trial.jupyter.newCell();
  const stopped = ask(imported.model.modelArn, 'A long story, please.', {
    maxTokens: 400,
    onText: stopCell
  });
  await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(trial.jupyter.lastText()).toContain('Stopped before the end.');
  trial.jupyter.newCell();
  await expect(ask('no-such-model', 'Hello?')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect(trial.jupyter.lastText()).toContain('Hello?');
});
