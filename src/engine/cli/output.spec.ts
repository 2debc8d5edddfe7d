import { BedrockImportError } from '../errors';
import { requireConfirmation } from './confirmation';
import { exitCodeOf, toCommandError } from './exitCodes';
import { createOutput } from './output';
import { createSession } from './session';
import { RecordedIoOptions, recordedIo } from './testing/recordedIo';

const failure = new BedrockImportError({
  code: 'HUB_NOT_FOUND',
  message: 'The hub shows no model a\u001b[31m/b.',
  subject: 'a/b',
  nextStep: 'Check the spelling.'
});

describe('output', () => {
  it('shows an error with what it is about and the next step', () => {
    const io = recordedIo();
    createOutput(io).error(failure);
    expect(io.err()).toBe(
      'Error HUB_NOT_FOUND: The hub shows no model a\\x1b[31m/b.\n' +
        '  About:     a/b\n' +
        '  Next step: Check the spelling.\n'
    );
    expect(io.out()).toBe('');
  });

  it('redacts lines, blocks, documents, stacks and bars', () => {
    const secret = 'a-secret-of-somebody';
    const io = recordedIo({ env: { AWS_SECRET_ACCESS_KEY: secret } });
    const output = createOutput(io);
    output.stdout.line(secret);
    output.stdout.block(secret);
    output.stdout.verdict('ok', secret);
    output.stderr.steer('\r', secret);
    output.document({ secret });
    output.stack(new Error('outer', { cause: new Error(secret) }));
    expect(io.out() + io.err()).not.toContain(secret);
    expect((io.out() + io.err()).match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(6);
  });

  it.each<[string, RecordedIoOptions, boolean]>([
    ['a terminal', { terminal: true }, true],
    ['a terminal with NO_COLOR', { terminal: true, env: { NO_COLOR: '1' } }, false],
    ['a dumb terminal', { terminal: true, env: { TERM: 'dumb' } }, false],
    ['a pipe', {}, false]
  ])('colours verdicts on %s: see the table', (_where, options, coloured) => {
    const io = recordedIo(options);
    createOutput(io).stdout.verdict('blocker', 'No Region.');
    expect(io.out().includes('\u001b[31m')).toBe(coloured);
    expect(io.out().replace(/\u001b\[\d+m/g, '')).toBe('blocker  No Region.\n');
  });
});

describe('exit codes', () => {
  it.each([
    ['failed', 1],
    ['usage', 2],
    ['blocked', 3],
    ['cancelled', 130]
  ] as const)('%s: %d', (kind, code) => {
    const error = new BedrockImportError({ code: 'X', message: '', nextStep: '', kind });
    expect(exitCodeOf(error)).toBe(code);
  });

  it('an unexpected error is INTERNAL and a failure', () => {
    const error = toCommandError(new TypeError('x is not a function'));
    expect(error).toMatchObject({ code: 'INTERNAL', kind: 'failed' });
    expect(error.message).toContain('TypeError: x is not a function');
  });
});

describe('confirmation', () => {
  const ask = async (options: RecordedIoOptions, more: { json?: boolean; yes?: boolean } = {}) => {
    const io = recordedIo(options);
    const session = createSession({
      io,
      output: createOutput(io),
      global: { json: more.json },
      signal: new AbortController().signal
    });
    const error = await requireConfirmation(session, {
      yes: more.yes === true,
      question: 'Delete it?',
      what: 'Deleting'
    });
    return { error, questions: io.questions };
  };

  it.each(['y', 'Y', 'yes', ' YES '])('takes %j for a Yes', async answer => {
    const { error, questions } = await ask({ terminal: true, answers: [answer] });
    expect(error).toBeUndefined();
    expect(questions).toEqual(['Delete it? [y/N] ']);
  });

  it.each(['', 'n', 'yeah', 'no', 'j'])('takes %j for a No', async answer => {
    const { error } = await ask({ terminal: true, answers: [answer] });
    expect(error).toMatchObject({ code: 'NOT_CONFIRMED', kind: 'failed' });
  });

  it.each([{ terminal: false }, { terminal: true, json: true }])(
    'asks nobody with %j',
    async ({ terminal, json }) => {
      const { error, questions } = await ask({ terminal, answers: ['y'] }, { json });
      expect(error).toMatchObject({ code: 'CONFIRMATION_REQUIRED', kind: 'usage' });
      expect(questions).toEqual([]);
    }
  );

  it('does not ask after --yes', async () => {
    expect(await ask({ terminal: true }, { yes: true })).toEqual({ questions: [] });
  });
});
