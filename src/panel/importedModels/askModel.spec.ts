import { askImportedModel, getImportedModel } from '../../protocol';
import type { Answer, AnswerNews } from '../../protocol';
import { EngineFailure } from '../connection';
import type { FakeEngine } from '../testing/fakeEngine';
import { AskModel } from './askModel';
import { ANSWER, failing, listedModel, modelsEngine, settle } from './testing/modelFacts';

const { arn } = listedModel('one');

let engine: FakeEngine;
let model: AskModel;
let tell: (news: AnswerNews) => void;
let answer: (answer: Answer) => void;
let fail: (error: unknown) => void;
let signal: AbortSignal | undefined;
const confirm = jest.fn<Promise<boolean>, [unknown]>();

beforeEach(() => {
  confirm.mockReset().mockResolvedValue(true);
  engine = modelsEngine('one').on(askImportedModel, (params, given) => {
    tell = (params as unknown as { onNews: typeof tell }).onNews;
    signal = given;
    return new Promise((resolve, reject) => {
      answer = resolve;
      fail = reject;
    });
  });
  model = new AskModel(engine, { arn, confirm });
});

afterEach(() => model.dispose());

async function ask(prompt = 'Where?'): Promise<void> {
  model.change({ prompt });
  void model.ask();
  await settle();
}

function questions(): unknown[] {
  return engine.sent
    .filter(({ method }) => method === 'importedModels/ask')
    .map(({ params }) => {
      const { onNews: _, ...question } = params as { onNews: unknown };
      return question;
    });
}

describe('a tab in which a model is asked', () => {
  it('sends nothing before somebody asks or the engine is ready', async () => {
    await settle();
    expect(engine.sent).toEqual([]);
    expect(model.name).toBe(arn);
    engine.becomeReady();
    await settle();
    expect(engine.sent).toEqual([{ method: 'importedModels/get', params: { model: arn } }]);
    expect(model.name).toBe('one');
  });

  it('puts the answer together as it comes', async () => {
    engine.becomeReady();
    await ask();
    expect(model.isAsking).toBe(true);
    expect(model.draft.prompt).toBe('');
    tell({ type: 'wait', reason: 'A copy is restored.', waitedMs: 5_000, budgetMs: 900_000 });
    expect(model.turns[0]?.wait).toMatchObject({ waitedMs: 5_000, budgetMs: 900_000 });
    tell({ type: 'reasoning', text: 'Hm' });
    tell({ type: 'reasoning', text: ', well' });
    tell({ type: 'text', text: 'Pa' });
    tell({ type: 'text', text: 'ris.' });
    expect(model.turns[0]).toMatchObject({
      status: 'asking',
      reasoning: 'Hm, well',
      text: 'Paris.',
      wait: undefined
    });
    answer({ ...ANSWER, reasoning: 'Hm, well' });
    await settle();
    expect(model.turns[0]).toMatchObject({ status: 'answered', text: 'Paris.' });
    expect(model.isAsking).toBe(false);
    expect(questions()).toEqual([{ model: arn, prompt: 'Where?' }]);
  });

  it('says what it costs once, and keeps what is typed when that is declined', async () => {
    engine.becomeReady();
    confirm.mockResolvedValueOnce(false);
    await ask();
    expect(confirm).toHaveBeenLastCalledWith(expect.objectContaining({ unitsPerCopy: 2 }));
    expect(model.draft.prompt).toBe('Where?');
    expect(questions()).toEqual([]);
    await ask();
    answer(ANSWER);
    await settle();
    await ask('And where?');
    expect(confirm).toHaveBeenCalledTimes(2);
    expect(questions()).toHaveLength(2);
  });

  it('asks for consent though it cannot be known what it costs', async () => {
    engine.on(getImportedModel, failing('DENIED')).becomeReady();
    await ask();
    expect(confirm).toHaveBeenCalledWith(undefined);
    expect(questions()).toHaveLength(1);
  });

  it('takes no second question while one is confirmed or answered', async () => {
    let agree = (_: boolean): void => undefined;
    confirm.mockReturnValue(new Promise(resolve => (agree = resolve)));
    engine.becomeReady();
    await ask();
    expect(model.canAsk).toBe(false);
    await ask();
    expect(confirm).toHaveBeenCalledTimes(1);
    agree(true);
    await settle();
    await ask('Another one');
    expect(questions()).toHaveLength(1);
    expect(model.draft.prompt).toBe('Another one');
  });

  it('stops at once, and passes over what still comes', async () => {
    engine.becomeReady();
    await ask();
    tell({ type: 'text', text: 'Pa' });
    const { signal: first } = { signal };
    model.stop();
    expect(first?.aborted).toBe(true);
    expect(model.turns[0]).toMatchObject({ status: 'stopped', text: 'Pa' });
    tell({ type: 'text', text: 'ris' });
    const failFirst = fail;
    await ask('Next?');
    failFirst(
      new EngineFailure({ code: 'CANCELLED', message: '', nextStep: '', kind: 'cancelled' })
    );
    await settle();
    expect(model.turns.map(({ status, text }) => [status, text])).toEqual([
      ['stopped', 'Pa'],
      ['asking', '']
    ]);
    expect(model.isAsking).toBe(true);
  });

  it('keeps what has come when the rest fails, and asks the same again', async () => {
    engine.becomeReady();
    model.change({ system: ' Be short. ', maxTokens: '40', temperature: '0.5' });
    await ask(' Where? ');
    tell({ type: 'text', text: 'Pa' });
    fail(failureOf('ASK_INTERRUPTED'));
    await settle();
    expect(model.turns[0]).toMatchObject({
      status: 'failed',
      text: 'Pa',
      failure: { code: 'ASK_INTERRUPTED' }
    });
    model.change({ prompt: 'typed meanwhile', system: '' });
    const [turn] = model.turns;
    void model.askAgain(turn!);
    await settle();
    const question = {
      model: arn,
      prompt: 'Where?',
      system: 'Be short.',
      maxTokens: 40,
      temperature: 0.5
    };
    expect(questions()).toEqual([question, question]);
    expect(model.draft.prompt).toBe('typed meanwhile');
  });

  it.each([
    [{ maxTokens: '0' }, 'maxTokens'],
    [{ maxTokens: '1.5' }, 'maxTokens'],
    [{ maxTokens: 'many' }, 'maxTokens'],
    [{ temperature: '-1' }, 'temperature'],
    [{ temperature: '2.1' }, 'temperature'],
    [{ temperature: 'warm' }, 'temperature']
  ])('does not ask with %j', async (draft, mistake) => {
    engine.becomeReady();
    model.change(draft);
    expect(model.mistakes).toEqual({ [mistake]: true });
    await ask();
    expect(confirm).not.toHaveBeenCalled();
  });

  it('does not ask nothing', async () => {
    await ask('  \n ');
    expect(confirm).not.toHaveBeenCalled();
    expect(engine.sent).toEqual([]);
  });

  it('ends with its question and its listening', async () => {
    engine.becomeReady();
    await ask();
    const changed = jest.fn();
    model.stateChanged.connect(changed);
    model.dispose();
    model.dispose();
    expect(signal?.aborted).toBe(true);
    tell({ type: 'text', text: 'Pa' });
    engine.becomeReady();
    expect(changed).not.toHaveBeenCalled();
  });
});

function failureOf(code: string): unknown {
  try {
    return failing(code)();
  } catch (error) {
    return error;
  }
}
