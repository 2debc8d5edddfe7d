/** What failed, a line each, from the reports of Playwright and jest: the end of a long log says it. */

const COLOURS = /\u001b\[[0-9;]*m/g;
const LONGEST = 400;

/** @returns The first lines of a failure's text, on one line. */
function short(text = '') {
  const lines = text
    .replace(COLOURS, '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const joined = lines.slice(0, 8).join(' | ');
  return joined.length > LONGEST ? `${joined.slice(0, LONGEST)} …` : joined;
}

/** Every test of a suite of Playwright's JSON report, with the titles above it. */
function* playwrightTests(suite, titles = []) {
  const path = [...titles, suite.title];
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      yield { title: [...path, spec.title].join(' › '), test };
    }
  }
  for (const child of suite.suites ?? []) {
    yield* playwrightTests(child, path);
  }
}

/** @returns `{ failed, flaky }`: lines for tests that failed, and for those that passed at their second try. */
export function playwrightFailures({ suites = [], errors = [] }) {
  const lines = { failed: errors.map(({ message }) => short(message)), flaky: [] };
  for (const { title, test } of suites.flatMap(suite => [...playwrightTests(suite)])) {
    if (test.status !== 'unexpected' && test.status !== 'flaky') {
      continue;
    }
    const failure = test.results.find(({ error }) => error !== undefined)?.error;
    const at = failure?.location === undefined ? '' : ` (line ${failure.location.line})`;
    const line = `[${test.projectName}] ${title}${at}: ${short(failure?.message)}`;
    lines[test.status === 'flaky' ? 'flaky' : 'failed'].push(line);
  }
  return lines;
}

/** @returns A line for every test, and every file that could not be loaded, that failed. */
export function jestFailures({ testResults = [] }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const file = name.replaceAll('\\', '/').replace(/^.*\/src\//, 'src/');
    if (failed.length === 0) {
      return assertionResults.length === 0 && message ? [`${file}: ${short(message)}`] : [];
    }
    return failed.map(
      ({ fullName, failureMessages }) => `${file} › ${fullName}: ${short(failureMessages[0])}`
    );
  });
}
