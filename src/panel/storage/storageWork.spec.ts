import { EngineFailure } from '../connection';
import { failing } from '../testing/failing';
import { StorageWork } from './storageWork';
import type { Outcome, SectionName, Step } from './storageWork';
import { freed } from './testing/storageFacts';

const FREED: Outcome = { type: 'freed', freed: freed() };

let work: StorageWork;
let looked: SectionName[];
let seen: string[];

beforeEach(() => {
  looked = [];
  seen = [];
  work = new StorageWork(
    () => seen.push(work.doing?.status ?? 'nothing'),
    async section => void looked.push(section)
  );
});

/** Work that ends only when it is given up, as a long deletion. */
function untilGivenUp({ signal }: Step): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () =>
      reject(new EngineFailure({ code: 'CANCELLED', message: '', nextStep: '', kind: 'cancelled' }))
    )
  );
}

describe('the work of the tab', () => {
  it('tells each step, looks at what is left, and keeps what came of it', async () => {
    await work.do('trash', async ({ begin, onNews }) => {
      begin(10);
      onNews({ removed: 1, bytes: 5 });
      expect(work.doing).toEqual({
        section: 'trash',
        status: 'running',
        expectedBytes: 10,
        news: { removed: 1, bytes: 5 },
        stopping: false
      });
      return FREED;
    });
    expect(seen).toEqual(['preparing', 'running', 'running', 'looking', 'nothing']);
    expect(looked).toEqual(['trash']);
    expect(work.outcomeOf('trash')).toBe(FREED);
    expect(work.outcomeOf('cache')).toBeUndefined();
    work.forget('trash');
    expect(work.outcomeOf('trash')).toBeUndefined();
  });

  it('looks at nothing when the user has said no', async () => {
    await work.do('cache', async () => undefined);
    expect(looked).toEqual([]);
    expect(work.outcomeOf('cache')).toBeUndefined();
    expect(work.doing).toBeUndefined();
  });

  it('does one thing at a time, in whatever section', async () => {
    const first = work.do('trash', untilGivenUp);
    const second = jest.fn();
    await work.do('cache', second);
    expect(second).not.toHaveBeenCalled();
    work.stop();
    await first;
    await work.do('cache', async () => FREED);
    expect(work.outcomeOf('cache')).toBe(FREED);
  });

  it('says what was done before it was stopped, and looks at what is left', async () => {
    const done = work.do('trash', async step => {
      step.begin();
      step.onNews({ removed: 3, bytes: 30 });
      return untilGivenUp(step);
    });
    work.stop();
    expect(work.doing?.stopping).toBe(true);
    await done;
    expect(work.outcomeOf('trash')).toEqual({ type: 'stopped', news: { removed: 3, bytes: 30 } });
    expect(looked).toEqual(['trash']);
  });

  it('begins nothing after it was stopped, though the user has agreed meanwhile', async () => {
    let agree = (): void => undefined;
    const sent = jest.fn();
    const done = work.do('trash', async ({ begin }) => {
      await new Promise<void>(resolve => (agree = resolve));
      begin(1);
      sent();
      return FREED;
    });
    work.stop();
    agree();
    await done;
    expect(sent).not.toHaveBeenCalled();
    expect(work.outcomeOf('trash')).toBeUndefined();
    expect(looked).toEqual([]);
  });

  it('keeps a failure until the next try', async () => {
    await work.do('trash', async ({ begin, onNews }) => {
      begin();
      onNews({ removed: 1, bytes: 1 });
      return failing('TRASH_CHANGED')();
    });
    expect(work.outcomeOf('trash')).toMatchObject({
      type: 'failed',
      failure: { code: 'TRASH_CHANGED' },
      news: { removed: 1, bytes: 1 }
    });
    expect(looked).toEqual(['trash']);
    const again = work.do('trash', untilGivenUp);
    expect(work.outcomeOf('trash')).toBeUndefined();
    work.stop();
    await again;
  });
});
