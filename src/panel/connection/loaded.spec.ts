import { EngineFailure } from './failure';
import { Loader } from './loaded';

let changes: number;
let loader: Loader<string>;

beforeEach(() => {
  changes = 0;
  loader = new Loader(() => {
    changes += 1;
  });
});

function failing(kind: 'failed' | 'cancelled'): () => Promise<string> {
  return () => Promise.reject(new EngineFailure({ code: 'A', message: 'B', nextStep: 'C', kind }));
}

describe('something that is fetched', () => {
  it('is there, and told of', async () => {
    const loading = loader.load(() => Promise.resolve('a'));
    expect(loader.state).toEqual({ status: 'loading', value: undefined });
    await expect(loading).resolves.toBe('a');
    expect(loader.state).toEqual({ status: 'ready', value: 'a' });
    expect(changes).toBe(2);
  });

  it('stays in sight while it is fetched again, and when that fails or is given up', async () => {
    await loader.load(() => Promise.resolve('a'));
    await loader.load(failing('failed'));
    expect(loader.state).toMatchObject({ status: 'failed', value: 'a', failure: { code: 'A' } });
    await loader.load(failing('cancelled'));
    expect(loader.state).toEqual({ status: 'ready', value: 'a' });
  });

  it('gives up the fetch before, and passes over its answer', async () => {
    let first: AbortSignal | undefined;
    const slow = loader.load(async signal => {
      first = signal;
      await new Promise(resolve => setTimeout(resolve, 10));
      return 'old';
    });
    await loader.load(() => Promise.resolve('new'));
    expect(first?.aborted).toBe(true);
    await expect(slow).resolves.toBeUndefined();
    expect(loader.value).toBe('new');
  });

  it('can be given up: what was known stays, or nothing', async () => {
    const never = (): Promise<string> => new Promise(() => undefined);
    void loader.load(never);
    loader.cancel();
    expect(loader.state).toEqual({ status: 'none' });
    await loader.load(() => Promise.resolve('a'));
    void loader.load(never);
    loader.cancel();
    expect(loader.state).toEqual({ status: 'ready', value: 'a' });
    changes = 0;
    loader.cancel();
    expect(changes).toBe(0);
  });

  it('can be forgotten', async () => {
    await loader.load(() => Promise.resolve('a'));
    loader.clear();
    expect(loader.state).toEqual({ status: 'none' });
  });
});
