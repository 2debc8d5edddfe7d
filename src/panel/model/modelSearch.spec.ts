import { searchModels } from '../../protocol';
import { FakeEngine } from '../testing/fakeEngine';
import { isSearchable, ModelSearch } from './modelSearch';

jest.useFakeTimers();

describe('looking for a model', () => {
  it.each(['qwen', 'Qwen/', 'qwen/qwen3 8b', 'a.b-c'])('asks the hub for %p', text => {
    expect(isSearchable(text)).toBe(true);
  });

  it.each([
    '',
    'q',
    '/home/me',
    './model',
    '~',
    's3://bucket/x',
    'https://hub.test/a/b',
    'a/b@rev'
  ])('does not ask the hub for %p', text => {
    expect(isSearchable(text)).toBe(false);
  });

  it('asks once, when nothing more is typed, and passes over answers that come too late', async () => {
    const engine = new FakeEngine();
    const answers: ((id: string) => void)[] = [];
    engine.on(searchModels, () => {
      return new Promise(resolve => {
        answers.push(id => resolve([{ id, downloads: 1, likes: 0, gated: false, private: false }]));
      });
    });
    const search = new ModelSearch(engine, () => undefined);
    search.type('qw');
    search.type('qwen');
    await jest.advanceTimersByTimeAsync(300);
    expect(engine.sent).toMatchObject([{ params: { query: 'qwen' } }]);
    search.type('qwen3');
    await jest.advanceTimersByTimeAsync(300);
    answers[1]?.('new');
    answers[0]?.('old');
    await jest.advanceTimersByTimeAsync(0);
    expect(search.state.value?.map(({ id }) => id)).toEqual(['new']);
    search.type('/a/folder');
    expect(search.state.status).toBe('none');
  });
});
