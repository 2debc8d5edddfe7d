import { EXPIRED_CREDENTIALS } from '../../sandbox/sigv4';
import { tinyModel } from './testing/tinyModel';
import type { CommandRun } from './testing/bundledCommand';
import { startTrial, Trial } from './testing/trial';

const tiny = tinyModel();
const withoutWeights = Object.fromEntries(
  Object.entries(tiny).filter(([path]) => !path.endsWith('.safetensors'))
);
const sandboxSettings = (settings: object): { '.sandbox.json': string } => ({
  '.sandbox.json': JSON.stringify(settings)
});
const listed = (path: string): object => ({ path, size: 5, oid: '0'.repeat(40) });

const models = {
  'trial/tiny': tiny,
  'trial/gated': { ...tiny, ...sandboxSettings({ gated: 'auto', tokens: ['hf_another'] }) },
  'trial/unsupported': tinyModel({
    config: { architectures: ['FalconForCausalLM'], model_type: 'falcon' }
  }),
  'trial/bin-only': withoutWeights,
  'trial/dots': { ...tiny, ...sandboxSettings({ listing: [listed('../../etc/passwd')] }) },
  'trial/escapes': { ...tiny, ...sandboxSettings({ listing: [listed('a\u001b[2Jb.json')] }) },
  'trial/larger-than-said': {
    ...tiny,
    ...sandboxSettings({ lie: { 'model.safetensors': { size: 1000 } } })
  },
  'trial/lies-everywhere': {
    ...tiny,
    ...sandboxSettings({ lie: { 'model.safetensors': { size: 1000, where: 'everywhere' } } })
  },
  'trial/wrong-hash': {
    ...tiny,
    ...sandboxSettings({
      lie: { 'model.safetensors': { sha256: 'ab'.repeat(32), where: 'everywhere' } }
    })
  }
};

let trial: Trial;
const started: Record<string, BadRuns> = {};
beforeAll(async () => {
  trial = await startTrial({ models });
  // What is tried again before it is given up takes its time beside the others.
  for (const bad of cases.filter(({ triedAgain }) => triedAgain)) {
    started[bad.title] = start(bad);
  }
}, 60_000);
afterAll(() => trial?.stop());

interface BadInput {
  title: string;
  model?: string;
  bucket?: string;
  more?: string[];
  env?: Record<string, string | undefined>;
  code: string | RegExp;
  exitCode: 1 | 2 | 3;
  triedAgain?: boolean;
}

const cases: BadInput[] = [
  { title: 'a model that does not exist', model: 'trial/none', code: 'HUB_NOT_FOUND', exitCode: 1 },
  {
    title: 'a gated model without a token',
    model: 'trial/gated',
    env: { HF_TOKEN: undefined },
    code: 'HUB_GATED',
    exitCode: 3
  },
  {
    title: 'a gated model with a token that has no access',
    model: 'trial/gated',
    code: 'HUB_NO_ACCESS',
    exitCode: 3
  },
  {
    title: 'a token that the hub does not know',
    env: { HF_TOKEN: 'hf_invalidTokenOfNobody' },
    code: 'HUB_TOKEN_INVALID',
    exitCode: 3
  },
  {
    title: 'a token with a newline in it',
    env: { HF_TOKEN: 'hf_firstHalfOfTheToken\nsecondHalfOfTheToken' },
    code: 'HUB_TOKEN_MALFORMED',
    exitCode: 3
  },
  {
    title: 'a bucket in another Region',
    bucket: 'bucket-in-another-region',
    code: 'BUCKET_OTHER_REGION',
    exitCode: 3
  },
  {
    title: 'a bucket of someone else',
    bucket: 'somebody-elses-bucket',
    code: 'BUCKET_ACCESS_DENIED',
    exitCode: 3
  },
  {
    title: 'a bucket that does not exist',
    bucket: 'no-such-bucket-1',
    code: 'BUCKET_NOT_FOUND',
    exitCode: 3
  },
  {
    title: 'no permission to write',
    bucket: 'read-only-bucket',
    code: 'ACCESS_DENIED',
    exitCode: 1
  },
  {
    title: 'an expired credential',
    env: {
      AWS_ACCESS_KEY_ID: EXPIRED_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: EXPIRED_CREDENTIALS.secretAccessKey,
      AWS_SESSION_TOKEN: EXPIRED_CREDENTIALS.sessionToken
    },
    code: 'CREDENTIALS_EXPIRED',
    exitCode: 1
  },
  {
    title: 'no credentials',
    env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    code: 'CREDENTIALS_MISSING',
    exitCode: 1
  },
  {
    title: 'an invalid import name',
    more: ['--name', 'not.a valid/name'],
    code: 'IMPORT_NAME_INVALID',
    exitCode: 3
  },
  {
    title: 'a long name that would take an exponential pattern for ever',
    more: ['--name', `${'a-'.repeat(31)}-!`],
    code: 'IMPORT_NAME_INVALID',
    exitCode: 3
  },
  {
    title: 'an unsupported architecture',
    model: 'trial/unsupported',
    code: 'CHECK_BLOCKS',
    exitCode: 3
  },
  { title: '.bin-only weights', model: 'trial/bin-only', code: 'CHECK_BLOCKS', exitCode: 3 },
  {
    title: 'a path with .. in the listing',
    model: 'trial/dots',
    code: 'HUB_LISTING_INVALID',
    exitCode: 3
  },
  {
    title: 'control characters in the listing',
    model: 'trial/escapes',
    code: 'HUB_LISTING_INVALID',
    exitCode: 3
  },
  {
    title: 'a size that is a lie',
    model: 'trial/larger-than-said',
    code: 'HUB_FILE_MISMATCH',
    exitCode: 1
  },
  {
    title: 'a size that is a lie everywhere',
    model: 'trial/lies-everywhere',
    code: /^HUB_(FILE_MISMATCH|RANGE_IGNORED)$/,
    exitCode: 1,
    triedAgain: true
  },
  {
    title: 'a hash that is a lie',
    model: 'trial/wrong-hash',
    code: 'HUB_FILE_MISMATCH',
    exitCode: 1,
    triedAgain: true
  }
];

interface BadRuns {
  words: Promise<CommandRun>;
  json: Promise<CommandRun>;
}

const prefixOf = (bad: BadInput): string => bad.title.replace(/\W+/g, '-');

function start(bad: BadInput): BadRuns {
  const args = [
    ...['import', bad.model ?? 'trial/tiny', '--bucket', bad.bucket ?? trial.bucket],
    ...['--role', trial.roleArn, '--yes', ...(bad.more ?? [])]
  ];
  const run = (prefix: string, ...more: string[]): Promise<CommandRun> =>
    trial.run([...args, '--prefix', prefix, ...more], { env: bad.env });
  return {
    words: run(`${prefixOf(bad)}/words`),
    json: run(`${prefixOf(bad)}/json`, '--json')
  };
}

describe.each(cases)('$title', bad => {
  const runs = (): BadRuns => (started[bad.title] ??= start(bad));

  it('gets one clear error in words', async () => {
    const ran = await runs().words;
    expect(ran.stderr.match(/^Error [A-Z0-9_]+: .+$/gm)).toHaveLength(1);
    expect(ran.stderr).toMatch(/^ {2}Next step: .{10,}$/m);
    expect(ran.stdout + ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(ran.code).toBe(bad.exitCode);
  }, 60_000);

  it('gets one error document with --json', async () => {
    const ran = await runs().json;
    const { error } = JSON.parse(ran.stdout);
    expect(error).toEqual({
      code: expect.stringMatching(bad.code),
      message: expect.any(String),
      ...('subject' in error ? { subject: expect.any(String) } : {}),
      nextStep: expect.any(String),
      kind: { 1: 'failed', 2: 'usage', 3: 'blocked' }[bad.exitCode]
    });
    expect(ran.code).toBe(bad.exitCode);
  }, 60_000);

  it('leaves nothing that looks whole', async () => {
    await Promise.all(Object.values(runs()));
    const left = (await trial.objects(prefixOf(bad))).map(object => object.key);
    expect(left.filter(key => /manifest|safetensors$/.test(key))).toEqual([]);
  });
});
