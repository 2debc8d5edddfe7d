import { EngineFailure, isCancelled, toFailure } from './failure';

const FAILURE = { code: 'A', message: 'B', nextStep: 'C', kind: 'failed' } as const;

describe('what was thrown', () => {
  it.each([
    [new EngineFailure(FAILURE), FAILURE],
    [Object.assign(new Error('x'), { data: FAILURE }), FAILURE],
    [new TypeError('x'), { code: 'UNEXPECTED', message: 'x', nextStep: '', kind: 'failed' }],
    ['text', { code: 'UNEXPECTED', message: 'text' }],
    [null, { code: 'UNEXPECTED', message: 'null' }],
    [{ data: { code: 1 } }, { code: 'UNEXPECTED' }]
  ])('is a failure in words (%#)', (error, failure) => {
    expect(toFailure(error)).toMatchObject(failure);
    expect(isCancelled(error)).toBe(false);
  });

  it('may be something that was given up', () => {
    expect(isCancelled(new EngineFailure({ ...FAILURE, kind: 'cancelled' }))).toBe(true);
  });
});
