import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jestFailures, playwrightFailures } from '../failures.mjs';

const result = (message, line) => ({ error: { message, location: { line } } });

test('names what failed in the browser, and what passed at its second try', () => {
  const report = {
    errors: [{ message: 'cannot be loaded' }],
    suites: [
      {
        title: 'a.spec.ts',
        specs: [
          {
            title: 'one',
            tests: [
              {
                projectName: 'newest',
                status: 'unexpected',
                results: [
                  result('\u001b[31mError\u001b[39m: no\n\n  Expected: 1', 7),
                  result('x', 8)
                ]
              }
            ]
          }
        ],
        suites: [
          {
            title: 'group',
            specs: [
              {
                title: 'two',
                tests: [
                  { projectName: 'oldest', status: 'flaky', results: [result('late', 9), {}] },
                  { projectName: 'newest', status: 'expected', results: [{}] }
                ]
              }
            ]
          }
        ]
      }
    ]
  };
  assert.deepEqual(playwrightFailures(report), {
    failed: ['cannot be loaded', '[newest] a.spec.ts › one (line 7): Error: no | Expected: 1'],
    flaky: ['[oldest] a.spec.ts › group › two (line 9): late']
  });
});

test('names what failed in jest', () => {
  const report = {
    testResults: [
      {
        name: '/somewhere/src/engine/a.spec.ts',
        message: 'all of it',
        assertionResults: [
          { status: 'passed', fullName: 'a is', failureMessages: [] },
          { status: 'failed', fullName: 'b is', failureMessages: ['Error: b\n    at c'] }
        ]
      },
      { name: '/somewhere/src/d.spec.ts', message: 'Cannot find module', assertionResults: [] },
      { name: '/somewhere/src/e.spec.ts', message: '', assertionResults: [] }
    ]
  };
  assert.deepEqual(jestFailures(report), [
    'src/engine/a.spec.ts › b is: Error: b | at c',
    'src/d.spec.ts: Cannot find module'
  ]);
});

test('cuts a long text', () => {
  const [line] = jestFailures({
    testResults: [{ name: 'a', message: 'x'.repeat(2000), assertionResults: [] }]
  });
  assert.ok(line.length < 420 && line.endsWith(' …'));
});
