import { act, renderHook } from '@testing-library/react';

import { matches, useSelection } from './selection';

describe('a selection', () => {
  function select(...present: string[]) {
    return renderHook(({ ids }) => useSelection(ids), {
      initialProps: { ids: new Set(present) }
    });
  }

  it('takes ids in and out', () => {
    const { result } = select('a', 'b', 'c');
    act(() => result.current.choose(['a', 'b'], true));
    act(() => result.current.choose(['a'], false));
    expect([...result.current.chosen]).toEqual(['b']);
  });

  it('leaves out what is not in the list any more, or never was', () => {
    const { result, rerender } = select('a', 'b');
    act(() => result.current.choose(['a', 'b', 'elsewhere'], true));
    rerender({ ids: new Set(['b', 'c']) });
    expect([...result.current.chosen]).toEqual(['b']);
  });

  it('gives rows the same function all the time', () => {
    const { result } = select('a');
    const { choose } = result.current;
    act(() => choose(['a'], true));
    expect(result.current.choose).toBe(choose);
  });
});

describe('a filter', () => {
  it.each([
    ['', true],
    ['  ', true],
    ['LLAMA', true],
    ['8b llama', true],
    ['llama 70b', false]
  ])('%j', (filter, found) => {
    expect(matches('maker/Llama-8B', filter)).toBe(found);
  });
});
