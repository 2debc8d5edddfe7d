import fc from 'fast-check';

import { suggestImportNames, validateImportedModelName, validateJobName } from '.';

const NOW = new Date('2026-11-22T14:05:09Z');

describe('suggestImportNames', () => {
  it('makes readable names of a model id and its commit', () => {
    const names = suggestImportNames('HuggingFaceTB/SmolLM2-135M-Instruct', '12FD25F77366FA6B', {
      now: NOW
    });
    expect(names).toEqual({
      importedModelName: 'SmolLM2-135M-Instruct-12fd25f7',
      jobName: 'SmolLM2-135M-Instruct-12fd25f7-20261122-140509'
    });
    expect(
      suggestImportNames('Qwen/Qwen2.5-0.5B_x', 'abcdef', { now: NOW }).importedModelName
    ).toBe('Qwen2-5-0-5B-x-abcdef');
  });

  it('gives valid names for whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (modelId, commit) => {
        const names = suggestImportNames(modelId, commit, { now: NOW });
        validateJobName(names.jobName);
        validateImportedModelName(names.importedModelName);
      })
    );
    const long = suggestImportNames(`org/${'a.'.repeat(5000)}`, 'f'.repeat(40), { now: NOW });
    expect(long.importedModelName.length).toBeLessThanOrEqual(63);
    expect(long.jobName).toMatch(/-ffffffff-20261122-140509$/);
    expect(() => suggestImportNames('', '', { now: new Date(NaN) })).not.toThrow();
  });
});

describe.each([
  [
    'validateImportedModelName',
    validateImportedModelName,
    ['a', 'A-1', 'a_b-c', 'a-', 'x'.repeat(63)],
    ['', '-a', '_a', 'a--b', 'a-_b', 'a.b', 'a b', 'a\n', 'ä', 'x'.repeat(64)]
  ],
  [
    'validateJobName',
    validateJobName,
    ['a', 'a--b', 'a.b+c', 'a-', '1', 'x'.repeat(63)],
    ['', '-a', '.a', '+a', 'a_b', 'a/b', 'a\n', 'x'.repeat(64)]
  ]
])('%s', (_name, validate, good, bad) => {
  it.each(good)('accepts %j', name => {
    expect(() => validate(name)).not.toThrow();
  });

  it.each(bad)('refuses %j with a rule to follow', name => {
    let thrown: unknown;
    try {
      validate(name);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'IMPORT_NAME_INVALID', kind: 'blocked' });
    expect(thrown).toMatchObject({ nextStep: expect.stringContaining('1 to 63') });
  });

  it('takes no longer for names that are made to take long', () => {
    // The pattern of the service model needs seconds for 26 dashes and years for these.
    for (const name of [`a${'-'.repeat(60)}!`, `${'a-'.repeat(31)}!`, '-'.repeat(1_000_000)]) {
      expect(() => validate(name)).toThrow();
    }
  });
});
