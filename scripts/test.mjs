/**
 * `npm test`: sets up and runs every suite, one after another, in an environment without the user's
 * accounts, endpoints and proxies. `npm test -- jest pytest` runs only those; `--list` names them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { jestFailures, playwrightFailures } from './failures.mjs';
import { duration, nodeProgram, run, venvProgram } from './processes.mjs';
import { setUpOrExit } from './setup.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'bedrock-import-test-'));

/** A suite of its own, because it builds and installs. */
const WHEEL_TEST = 'wheel.test.mjs';

const NOT_PASSED_ON =
  /^(AWS_|HF_|HUGGING_FACE_|BEDROCK_IMPORT_|DENO_|PYTEST_|PYTHONPATH$|NODE_OPTIONS$|NODE_EXTRA_CA_CERTS$|SSL_CERT_|REQUESTS_CA_BUNDLE$|CURL_CA_BUNDLE$|(HTTPS?|ALL|NO)_PROXY$)/i;

const hermetic = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.test(name))),
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  // Only tests run the SDK in Node; its users have Deno.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  HF_HOME: join(scratch, 'huggingface')
};

/** A suite that has no tests of its own to count: it passes or it does not. */
async function single(command) {
  const { code } = await run(command, { env: hermetic });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** A program that fails without a report, or in spite of one that is all green, counts as a failure. */
function counted(code, counts) {
  const { passed = 0, failed = 0, skipped = 0, failures = [], flaky = [] } = counts ?? {};
  return {
    passed,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped,
    remarks: [
      ...failures.map(line => `failed: ${line}`),
      ...flaky.map(line => `passed only at its second try: ${line}`)
    ]
  };
}

function readReport(name, read) {
  try {
    return read(readFileSync(join(scratch, name), 'utf8'));
  } catch {
    return undefined;
  }
}

async function jest() {
  const { code } = await run(
    [...nodeProgram('jest/bin/jest.js'), '--json', `--outputFile=${join(scratch, 'jest.json')}`],
    { env: hermetic }
  );
  const counts = readReport('jest.json', text => {
    const report = JSON.parse(text);
    return {
      passed: report.numPassedTests,
      // A file that cannot even be loaded has no tests to count.
      failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
      skipped: report.numPendingTests + report.numTodoTests,
      failures: jestFailures(report)
    };
  });
  return counted(code, counts);
}

async function pytest() {
  const report = join(scratch, 'pytest.xml');
  const { code } = await run(
    [venvProgram('python'), '-m', 'pytest', '-q', `--junitxml=${report}`],
    {
      env: hermetic
    }
  );
  const counts = readReport('pytest.xml', text => {
    const attributes = /<testsuite [^>]*>/.exec(text)?.[0] ?? '';
    const value = name => Number(new RegExp(` ${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    const failed = value('failures') + value('errors');
    return {
      passed: value('tests') - failed - value('skipped'),
      failed,
      skipped: value('skipped')
    };
  });
  return counted(code, counts);
}

/** Playwright's tests, in each of its projects. It needs the network of the user to install JupyterLab. */
async function browser() {
  const report = join(scratch, 'browser.json');
  const { code } = await run(
    [...nodeProgram('@playwright/test/cli.js'), 'test', '--config', 'ui-tests'],
    { env: { ...process.env, BROWSER_TEST_REPORT: report } }
  );
  const counts = readReport('browser.json', text => {
    const parsed = JSON.parse(text);
    const { stats, errors } = parsed;
    const { failed, flaky } = playwrightFailures(parsed);
    return {
      passed: stats.expected + stats.flaky,
      // Errors outside of tests, such as a file that cannot be loaded.
      failed: stats.unexpected + errors.length,
      skipped: stats.skipped,
      failures: failed,
      flaky
    };
  });
  return counted(code, counts);
}

/** Files of Node's own test runner, which shows them to people and counts them in a report. */
async function nodeTests(name, pattern, env = hermetic) {
  const report = join(scratch, `${name}.tap`);
  const { code } = await run(
    [
      process.execPath,
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${report}`,
      ...pattern
    ],
    { env }
  );
  const counts = readReport(`${name}.tap`, text => {
    const value = key => Number(new RegExp(`^# ${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    return {
      passed: value('pass'),
      failed: value('fail') + value('cancelled'),
      skipped: value('skipped') + value('todo')
    };
  });
  return counted(code, counts);
}

const suites = {
  format: {
    title: 'Formatting (prettier)',
    run: () =>
      single([...nodeProgram('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'])
  },
  lint: {
    title: 'Lint (eslint)',
    run: () => single([...nodeProgram('eslint/bin/eslint.js'), '.'])
  },
  rules: {
    title: 'House rules',
    run: () => single([process.execPath, 'scripts/house-rules.mjs'])
  },
  types: {
    title: 'Types (tsc)',
    run: () => single([...nodeProgram('typescript/bin/tsc'), '-p', '.'])
  },
  scripts: {
    title: 'Scripts and rules',
    run: () =>
      nodeTests(
        'scripts',
        readdirSync('scripts/tests')
          .filter(name => name.endsWith('.test.mjs') && name !== WHEEL_TEST)
          .map(name => join('scripts/tests', name))
      )
  },
  jest: { title: 'Engine, sandbox and panel (jest)', run: jest },
  pytest: { title: 'Command and other clients (pytest)', run: pytest },
  wheel: {
    title: 'Wheel in an empty environment',
    // pip may have to fetch Deno, so this one keeps the user's network settings.
    run: () => nodeTests('wheel', [join('scripts/tests', WHEEL_TEST)], process.env)
  },
  browser: { title: 'The panel in Chromium, in four versions of JupyterLab', run: browser },
  start: {
    title: 'The main job (npm start -- --once)',
    run: () => single([process.execPath, 'scripts/start.mjs', '--once'])
  }
};

const names = process.argv.slice(2);
if (names.includes('--list')) {
  process.stdout.write(`${Object.keys(suites).join('\n')}\n`);
  process.exit(0);
}
const unknown = names.filter(name => !(name in suites));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown: ${unknown.join(', ')}. There are: ${Object.keys(suites).join(', ')}\n`
  );
  process.exit(2);
}

process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const begun = performance.now();
await setUpOrExit();
const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
const remarks = [];
for (const name of names.length > 0 ? names : Object.keys(suites)) {
  const { title, run: runSuite } = suites[name];
  process.stdout.write(`\n== ${title} ==\n`);
  const started = performance.now();
  const counts = await runSuite();
  for (const key of Object.keys(total)) {
    total[key] += counts[key];
  }
  remarks.push(...(counts.remarks ?? []));
  const time = duration(performance.now() - started);
  lines.push(
    `${counts.failed === 0 ? 'ok    ' : 'FAILED'}  ${title}: ${sentence(counts)}, ${time}`
  );
  process.stdout.write(`${lines.at(-1)}\n`);
}

function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

process.stdout.write(`\n== All suites, ${duration(performance.now() - begun)} ==\n`);
process.stdout.write(`${[...lines, ...remarks, sentence(total)].join('\n')}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
