import { execFileSync } from 'node:child_process';

import fc from 'fast-check';

import { OFF, ON, RUNNING } from './testing/steeringFacts';
import { changesOf, differences, namesOf, runningOf, shellLines } from './words';

describe('running kernels and terminals', () => {
  it('stand in the order of what there is to do', () => {
    expect(runningOf(RUNNING).map(({ name, outdated }) => [name, outdated])).toEqual([
      ['old.ipynb', true],
      ['1', true],
      ['odd', null],
      ['new.ipynb', false]
    ]);
  });

  it('differ from new ones in what is set, not set or set otherwise', () => {
    const [old] = runningOf(RUNNING);
    expect(differences(old!, RUNNING.server)).toEqual([
      { name: 'HF_HOME', here: undefined, there: RUNNING.server['HF_HOME'] },
      { name: 'TMPDIR', here: '/tmp', there: "/it's" }
    ]);
    expect(differences({ ...old!, variables: null }, RUNNING.server)).toEqual([]);
    expect(differences({ ...old!, variables: { A: '1' } }, {})).toEqual([
      { name: 'A', here: '1', there: undefined }
    ]);
  });
});

describe('what steering changes', () => {
  it('leaves out what is as it should be', () => {
    expect(changesOf(OFF).map(({ name }) => name)).toEqual([
      'HF_HOME',
      'TRANSFORMERS_CACHE',
      'TMPDIR'
    ]);
    expect(changesOf(ON)).toEqual([]);
  });
});

describe('the names of variables', () => {
  it('have those that only something that runs has, such as one that steering takes away', () => {
    const [terminal] = RUNNING.terminals;
    const facts = {
      ...RUNNING,
      terminals: [{ ...terminal!, variables: { TRANSFORMERS_CACHE: '/old' } }]
    };
    expect(namesOf(ON, facts)).toEqual(['HF_HOME', 'TMPDIR', 'TRANSFORMERS_CACHE']);
    expect(shellLines(namesOf(ON, facts), facts.server)).toContain('unset TRANSFORMERS_CACHE');
  });
});

describe('the lines for a shell', () => {
  it('set and unset', () => {
    expect(shellLines(['A', 'B'], { A: '/a b' })).toBe("export A='/a b'\nunset B");
  });

  it('give a real shell any path as it is', () => {
    const path = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        path.filter(text => !text.includes('\0')),
        text => {
          const lines = shellLines(['NAME', 'OTHER'], { NAME: text });
          const script = `OTHER=1\n${lines}\nprintf %s "$NAME/\${OTHER-gone}"`;
          expect(execFileSync('sh', ['-c', script]).toString()).toBe(`${text}/gone`);
        }
      ),
      { numRuns: 50 }
    );
  });
});
