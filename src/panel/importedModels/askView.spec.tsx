import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { askImportedModel } from '../../protocol';
import type { Answer, AnswerNews } from '../../protocol';
import { EngineFailure } from '../connection';
import type { FakeEngine } from '../testing/fakeEngine';
import { createAskTab } from './askTab';
import { CostConsent } from './costConsent';
import { ANSWER, listedModel, modelsEngine } from './testing/modelFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
/** jsdom does not open dialogs. */
const HIDDEN = { hidden: true };
const MARKUP = '<img src=x onerror="window.ran=true">';

let engine: FakeEngine;
let tab: ReturnType<typeof createAskTab>;
let tell: (news: AnswerNews) => void;
let answer: (answer: Answer) => void;
let fail: (error: unknown) => void;

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 30));
    MessageLoop.flush();
  });
}

async function show({ confirmAsk = false } = {}): Promise<void> {
  engine = modelsEngine('one').on(askImportedModel, params => {
    tell = (params as unknown as { onNews: typeof tell }).onNews;
    return new Promise((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });
  });
  tab = createAskTab({
    engine,
    trans,
    arn: listedModel('one').arn,
    consent: new CostConsent({ confirmAsk, ready: Promise.resolve() }, trans)
  });
  act(() => Widget.attach(tab, document.body));
  await settle();
  engine.becomeReady();
  await settle();
}

afterEach(() => {
  act(() => tab.dispose());
  document.querySelectorAll('.jp-Dialog').forEach(node => node.remove());
});

function field(): HTMLTextAreaElement {
  return screen.getByLabelText<HTMLTextAreaElement>('Question');
}

async function ask(text = 'Where?'): Promise<void> {
  await userEvent.type(field(), `${text}{Enter}`);
  await settle();
}

async function hear(...news: AnswerNews[]): Promise<void> {
  news.forEach(one => tell(one));
  await settle();
}

async function end(settleIt: () => void): Promise<void> {
  settleIt();
  await settle();
}

function live(): string {
  return document.querySelector('[aria-live=polite]')?.textContent ?? '';
}

describe('the tab in which a model is asked', () => {
  it('connects when it is seen, has the model’s name, and its field the focus', async () => {
    await show();
    expect(engine.connects).toBe(1);
    expect(tab.title.label).toBe('Ask one');
    expect(screen.getByText('2 Custom Model Units per copy, v1.0')).toBeTruthy();
    expect(screen.getByText(/Each question is asked by itself/)).toBeTruthy();
    tab.activate();
    await settle();
    expect(document.activeElement).toBe(field());
  });

  it('connects nothing behind other tabs', async () => {
    engine = modelsEngine();
    tab = createAskTab({ engine, trans, arn: 'arn:x', consent: new CostConsent(null, trans) });
    tab.hide();
    act(() => Widget.attach(tab, document.body));
    await settle();
    expect(engine.connects).toBe(0);
    tab.show();
    await settle();
    expect(engine.connects).toBe(1);
  });

  it('asks on Enter, makes a line on Shift+Enter, and not while a character is composed', async () => {
    await show();
    const input = field();
    await userEvent.type(input, 'one{Shift>}{Enter}{/Shift}two');
    expect(input.value).toBe('one\ntwo');
    act(() => {
      input.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })
      );
    });
    expect(engine.sent.at(-1)?.method).toBe('importedModels/get');
    await userEvent.keyboard('{Enter}');
    await settle();
    expect(engine.sent.at(-1)).toMatchObject({ params: { prompt: 'one\ntwo' } });
    expect(input.value).toBe('');
    expect(document.activeElement).toBe(input);
  });

  it('shows the answer as it comes, and reads it out once, at its end', async () => {
    await show();
    await ask();
    expect(screen.getByText('Waiting for the answer …')).toBeTruthy();
    await hear({ type: 'text', text: `Pa ${MARKUP}` });
    expect(screen.getByText(`Pa ${MARKUP}`)).toBeTruthy();
    expect(live()).toBe('');
    await end(() => answer({ ...ANSWER, text: `Paris ${MARKUP}` }));
    expect(live()).toBe(`Paris ${MARKUP}`);
    expect(screen.getAllByText(`Paris ${MARKUP}`)).toHaveLength(1);
    expect(document.querySelector('img')).toBeNull();
    expect(
      screen.getByText(
        'first text after 1.2 s, 38 tokens in 4.1 s · question of 12 tokens · Converse'
      )
    ).toBeTruthy();
    expect(document.activeElement).toBe(field());
  });

  it('says what a cold model waits for, and how long that may be', async () => {
    await show();
    await ask();
    await hear({
      type: 'wait',
      reason: 'A copy is restored.',
      waitedMs: 65_000,
      budgetMs: 900_000
    });
    expect(screen.getByText('A copy is restored.').getAttribute('role')).toBe('status');
    expect(screen.getByRole('timer').textContent).toBe('1 min 5 s of at most 15 min');
    await hear({ type: 'text', text: 'Paris' });
    expect(screen.queryByText('A copy is restored.')).toBeNull();
    await end(() => answer({ ...ANSWER, coldStartMs: 2_000, fallbackReason: 'It cannot.' }));
    expect(
      screen.getByText(/38 tokens in 2.1 s · waited 2.0 s for the model to be loaded/)
    ).toBeTruthy();
    expect(screen.getByText('Not asked by Converse: It cannot.')).toBeTruthy();
  });

  it('keeps reasoning behind a line', async () => {
    await show();
    await ask();
    await hear({ type: 'reasoning', text: MARKUP });
    expect(screen.queryByText(MARKUP)).toBeNull();
    await userEvent.click(screen.getByText('Reasoning'));
    expect(screen.getByText(MARKUP)).toBeTruthy();
  });

  it('stops, and the focus is at the field again', async () => {
    await show();
    await ask();
    await hear({ type: 'text', text: 'Pa' });
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    await settle();
    expect(screen.getByText('Stopped.')).toBeTruthy();
    expect(screen.getByText('Pa')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Send' })).toBeTruthy();
    expect(document.activeElement).toBe(field());
  });

  it('gives the focus back when the button that had it goes', async () => {
    await show();
    await ask();
    screen.getByRole('button', { name: 'Stop' }).focus();
    await end(() => answer(ANSWER));
    expect(document.activeElement).toBe(field());
  });

  it('leaves the focus alone where somebody reads', async () => {
    await show();
    await ask();
    const list = screen.getByRole('list', { name: 'Questions and answers' });
    list.focus();
    await end(() => answer(ANSWER));
    expect(document.activeElement).toBe(list);
  });

  it('follows what is written, unless somebody has scrolled up', async () => {
    await show();
    const list = screen.getByRole('list', { name: 'Questions and answers' });
    Object.defineProperties(list, {
      scrollHeight: { configurable: true, value: 1_000 },
      clientHeight: { configurable: true, value: 200 }
    });
    await ask();
    await hear({ type: 'text', text: 'Pa' });
    expect(list.scrollTop).toBe(1_000);
    list.scrollTop = 300;
    act(() => void list.dispatchEvent(new Event('scroll', { bubbles: true })));
    await hear({ type: 'text', text: 'ris' });
    expect(list.scrollTop).toBe(300);
    await end(() => answer(ANSWER));
    await ask('Next?');
    expect(list.scrollTop).toBe(1_000);
  });

  it('says what failed and what to do, and asks again', async () => {
    await show();
    await ask();
    await end(() =>
      fail(
        new EngineFailure({
          code: 'ASK_NOT_READY',
          message: MARKUP,
          nextStep: 'Ask once more.',
          kind: 'failed'
        })
      )
    );
    const alert = within(screen.getByRole('alert'));
    expect(alert.getByText(MARKUP)).toBeTruthy();
    expect(alert.getByText('Ask once more.')).toBeTruthy();
    await userEvent.click(alert.getByRole('button', { name: 'Ask again' }));
    await settle();
    expect(engine.sent.at(-1)).toMatchObject({ params: { prompt: 'Where?' } });
    expect(document.activeElement).toBe(field());
  });

  it('has options, and says which of them is wrong', async () => {
    await show();
    await userEvent.click(screen.getByText('Options'));
    await userEvent.type(screen.getByLabelText('Most tokens'), 'x');
    await userEvent.type(field(), 'Where?');
    await settle();
    expect(screen.getByText('A whole number from 1 on')).toBeTruthy();
    expect(screen.getByLabelText('Most tokens').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole('button', { name: 'Send' }).getAttribute('aria-disabled')).toBe('true');
    await userEvent.clear(screen.getByLabelText('Most tokens'));
    await userEvent.type(screen.getByLabelText('Most tokens'), '40');
    await userEvent.type(screen.getByLabelText('System prompt'), 'Be short.');
    await settle();
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    await settle();
    expect(engine.sent.at(-1)).toMatchObject({ params: { maxTokens: 40, system: 'Be short.' } });
  });

  it('says the cost before the first question, and Enter cancels', async () => {
    await show({ confirmAsk: true });
    await ask();
    const dialog = await screen.findByRole('dialog', HIDDEN);
    expect(dialog.textContent).toContain('billed as 2 Custom Model Units in windows of 5 minutes');
    expect(document.activeElement?.textContent).toBe('Cancel');
    await userEvent.keyboard('{Enter}');
    await settle();
    expect(field().value).toBe('Where?');
    await userEvent.type(field(), '{Enter}');
    await settle();
    await userEvent.click(
      within(await screen.findByRole('dialog', HIDDEN)).getByRole('button', {
        ...HIDDEN,
        name: 'Ask'
      })
    );
    await settle();
    expect(engine.sent.at(-1)?.method).toBe('importedModels/ask');
    await end(() => answer(ANSWER));
    await ask('And?');
    expect(screen.queryByRole('dialog', HIDDEN)).toBeNull();
    expect(engine.sent.at(-1)).toMatchObject({ params: { prompt: 'And?' } });
  });

  it('says the cost no more on this page when somebody has agreed to that', async () => {
    const consent = new CostConsent({ confirmAsk: true, ready: Promise.resolve() }, trans);
    const answerDialog = async (name: string): Promise<void> => {
      const dialog = within(await screen.findByRole('dialog', HIDDEN));
      await userEvent.click(dialog.getByLabelText('Do not say this again on this page'));
      await userEvent.click(dialog.getByRole('button', { ...HIDDEN, name }));
    };
    await show();
    const declined = consent.obtain('one', undefined);
    await answerDialog('Cancel');
    await expect(declined).resolves.toBe(false);
    const agreed = consent.obtain('one', undefined);
    await answerDialog('Ask');
    await expect(agreed).resolves.toBe(true);
    await expect(consent.obtain('two', undefined)).resolves.toBe(true);
    expect(screen.queryByRole('dialog', HIDDEN)).toBeNull();
  });

  it('says what keeps it from the engine', async () => {
    await show();
    engine.setState({ status: 'absent' });
    await settle();
    expect(screen.getByText(/the panel Bedrock Import says what to do/)).toBeTruthy();
    engine.setState({
      status: 'unavailable',
      failure: { code: 'GONE', message: MARKUP, nextStep: 'Wait.', kind: 'failed' }
    });
    await settle();
    expect(screen.getByRole('alert').textContent).toContain(MARKUP);
    expect(document.querySelector('img')).toBeNull();
  });

  it('ends its question when it is closed', async () => {
    await show();
    await ask();
    const { asked } = tab.content;
    act(() => tab.dispose());
    expect(asked.isDisposed).toBe(true);
  });
});
