import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Check } from '../checks';
import { tinyModel, TINY_TEMPLATE } from './testing/tinyModel';
import { startTrial, Trial } from './testing/trial';

const MODEL = 'trial/tiny';
const files = tinyModel({ shards: 2 });

let trial: Trial;
beforeAll(async () => {
  trial = await startTrial({
    models: { [MODEL]: files },
    args: ['--fault', 'import-seconds=0']
  });
}, 60_000);
afterAll(() => trial?.stop());

/** Runs with --json and gives back the one document, which must be all of stdout. */
async function document(args: string[], options: Parameters<Trial['run']>[1] = {}) {
  const ran = await trial.run([...args, '--json'], options);
  return { ...ran, result: JSON.parse(ran.stdout) };
}

describe('doctor', () => {
  it('finds everything in place', async () => {
    const { code, result } = await document(['doctor', '--bucket', trial.bucket]);
    const bad = (result.checks as Check[]).filter(check => check.verdict !== 'ok');
    expect(bad).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      verdict: 'ok',
      identity: { account: '123456789012' },
      runtime: { deno: expect.stringMatching(/^\d+\./) }
    });
  });

  it('says in words what it found', async () => {
    const { code, stdout, stderr } = await trial.run(['doctor']);
    expect(code).toBe(0);
    expect(stderr).not.toContain('Error');
    expect(stdout).toMatch(/^ok {7}The hub accepts the token of HF_TOKEN\.$/m);
    expect(stdout).toMatch(/^\d+ checks: \d+ ok, 0 warnings, 0 blockers\.\n$/m);
  });

  it('works without credentials and says that they are missing', async () => {
    const { code, result } = await document(['doctor'], {
      env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HF_TOKEN: undefined }
    });
    expect(code).toBe(3);
    const verdicts = (result.checks as Check[]).map(check => [check.id, check.verdict]);
    expect(Object.fromEntries(verdicts)).toMatchObject({
      hub: 'ok',
      s3: 'ok',
      bedrock: 'ok',
      identity: 'blocker'
    });
  });

  it('says that the Region is missing', async () => {
    const env = { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined };
    const { code, stdout } = await trial.run(['doctor'], { env });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^blocker {2}No AWS Region is set\.$/m);
  });
});

describe('inspect', () => {
  it('tells facts, files and checks', async () => {
    const { code, result } = await document(['inspect', MODEL]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      model: { id: MODEL, license: 'apache-2.0' },
      architecture: 'LlamaForCausalLM',
      leftOut: expect.arrayContaining([
        expect.objectContaining({ path: 'pytorch_model.bin', reason: expect.any(String) })
      ])
    });
    expect(result.chatTemplate.effective.template).toBe(TINY_TEMPLATE);
    expect(result.verdict).not.toBe('blocker');
  });

  it('does so in words', async () => {
    const { code, stdout } = await trial.run(['inspect', MODEL, '--show-template']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Architecture +LlamaForCausalLM$/m);
    expect(stdout).toMatch(/^ {2}pytorch_model\.bin +\d+ B +\S/m);
    expect(stdout).toContain(TINY_TEMPLATE);
  });
});

describe('disk', () => {
  it('measures a model of the hub', async () => {
    const { code, result } = await document(['disk', '--model', MODEL]);
    const sizeBytes = result.sizeBytes as number;
    expect(sizeBytes).toBeGreaterThan(1000);
    expect(result.requiredBytes).toBe(Math.ceil(sizeBytes * 1.05 + 2e9));
    expect(code).toBe(result.fits ? 0 : 3);
  });

  it('exits with 3 for what fits nowhere', async () => {
    const { code, stdout } = await trial.run(['disk', '--size', '500TB']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^Missing +\S+ TB$/m);
  });
});

describe('copy', () => {
  const to = (prefix: string): string => `s3://${trial.bucket}/${prefix}`;

  it('shows the plan and changes nothing', async () => {
    const { code, stdout } = await trial.run(['copy', MODEL, to('planned'), '--plan-only']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}config\.json +\S+ k?B +copy$/m);
    expect(await trial.objects('planned')).toEqual([]);
  });

  it('copies every byte, proves it, and moves nothing the second time', async () => {
    const first = await document(['copy', MODEL, to('copied')]);
    expect(first.stderr).toMatch(/^Writing the manifest; 7 of 7 files proved\.$/m);
    expect(first.stderr).not.toContain('\u001b');
    expect(first.code).toBe(0);
    for (const proof of first.result.files) {
      const bytes = await trial.read(proof.key);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(proof.sha256);
      expect(Buffer.from(bytes).equals(Buffer.from(files[proof.path] ?? ''))).toBe(true);
    }
    const second = await document(['copy', MODEL, to('copied')]);
    expect(second.result).toMatchObject({ nothingMoved: true, movedBytes: 0 });
    const third = await trial.run(['copy', MODEL, to('copied')]);
    expect(third.stdout).toMatch(/^Copied +nothing had to move: \S+ kB in 7 files were there/m);
  });

  it('replaces the chat template on the way, from standard input', async () => {
    const template = "{{ 'changed ' + messages[0]['content'] }}";
    const ran = await trial.run(['copy', MODEL, to('changed'), '--chat-template', '-'], {
      stdin: template
    });
    expect(ran.code).toBe(0);
    const text = new TextDecoder().decode(await trial.read('changed/tokenizer_config.json'));
    expect(JSON.parse(text).chat_template).toBe(template);
  });

  it('refuses to overwrite what others wrote, unless told to', async () => {
    const key = 'others/config.json';
    await trial.aws.s3.send(
      new PutObjectCommand({ Bucket: trial.bucket, Key: key, Body: 'somebody’s' })
    );
    const refused = await document(['copy', MODEL, to('others')]);
    expect(refused.code).toBe(3);
    expect(refused.result.error).toMatchObject({ code: 'OVERWRITE_REFUSED', kind: 'blocked' });
    expect(await trial.objects('others')).toHaveLength(1);
    const allowed = await document(['copy', MODEL, to('others'), '--overwrite']);
    expect(allowed.code).toBe(0);
    expect(new TextDecoder().decode(await trial.read(key))).toBe(files['config.json']);
  });
});

describe('the whole job', () => {
  const base = (): string[] => ['import', MODEL, '--bucket', trial.bucket, '--role', trial.roleArn];
  let modelArn = '';

  it('asks for a confirmation where nobody can be asked, and changes nothing', async () => {
    const plain = await trial.run([...base(), '--prefix', 'unconfirmed']);
    expect(plain.code).toBe(2);
    expect(plain.stderr).toContain('Error CONFIRMATION_REQUIRED: ');
    expect(plain.stdout).toMatch(/^Role +arn:aws:iam::123456789012:role\//m);
    expect(plain.stdout).toMatch(/^ {2}- .*free/m);
    const { code, result } = await document([...base(), '--prefix', 'unconfirmed']);
    expect(code).toBe(2);
    expect(result.error).toMatchObject({ code: 'CONFIRMATION_REQUIRED', kind: 'usage' });
    expect(result.review.names.importedModelName).toMatch(/^[\w-]+$/);
    expect(await trial.objects('unconfirmed')).toEqual([]);
  });

  it('shows what it would do with --review', async () => {
    const { code, result } = await document([
      ...['import', MODEL, '--bucket', trial.bucket, '--create-role', '--review']
    ]);
    expect(code).toBe(0);
    expect(result.review.role.action).toBe('create');
    expect(result.review.role.policies.permissions.Statement).toHaveLength(1);
  });

  it('copies, imports and asks', async () => {
    const { code, result, stderr } = await document([
      ...[...base(), '--name', 'tiny-trial', '--ask', 'What is the capital of France?', '--yes']
    ]);
    expect({ code, error: result.error }).toEqual({ code: 0 });
    expect(result).toMatchObject({
      copy: { nothingMoved: false },
      job: { status: 'Completed' },
      model: { modelName: 'tiny-trial' },
      answer: { text: expect.any(String), outputTokens: expect.any(Number) }
    });
    expect(stderr).toMatch(/^Importing into Bedrock/m);
    modelArn = result.model.modelArn;
  }, 60_000);

  it('does not do again what is done', async () => {
    const { code, stdout } = await trial.run([...base(), '--name', 'tiny-trial', '--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing had to move');
    expect(stdout).toContain(modelArn);
  }, 60_000);

  it('lists and shows the model', async () => {
    const listed = await document(['models', 'list']);
    expect(listed.result.models).toEqual([expect.objectContaining({ modelArn })]);
    expect((await trial.run(['models', 'list'])).stdout).toContain('tiny-trial');
    const shown = await document(['models', 'show', modelArn]);
    expect(shown.result).toMatchObject({ modelArn, modelName: 'tiny-trial' });
    const plain = await trial.run(['models', 'show', 'tiny-trial']);
    expect(plain.stdout).toMatch(/^Name +tiny-trial$/m);
  });

  it('answers questions', async () => {
    const question = ['ask', modelArn, 'Who are you?', '--max-tokens', '8', '--temperature', '0'];
    const { code, result } = await document(question);
    expect(code).toBe(0);
    expect(result.text).not.toBe('');
    const plain = await trial.run(question);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/\n\(.+, [\d.]+ s.*\)/);
  }, 60_000);

  it('deletes the model only after a confirmation', async () => {
    const unasked = await document(['models', 'delete', modelArn]);
    expect(unasked.code).toBe(2);
    expect(unasked.result.error.code).toBe('CONFIRMATION_REQUIRED');
    expect((await document(['models', 'list'])).result.models).toHaveLength(1);
    const deleted = await document(['models', 'delete', modelArn, '--yes']);
    expect(deleted.result).toMatchObject({ deleted: true, model: { modelArn } });
    expect((await trial.run(['models', 'list'])).stdout).toContain('No imported models');
    const gone = await document(['models', 'show', modelArn]);
    expect(gone.code).toBe(1);
    expect(gone.result.error.code).toBe('MODEL_NOT_FOUND');
  });
});

describe('iam policies', () => {
  it('prints them filled in', async () => {
    const args = ['iam', 'policies', '--bucket', trial.bucket, '--role', trial.roleArn];
    const { code, result } = await document(args);
    expect(code).toBe(0);
    const text = JSON.stringify(result.policies);
    expect(text).toContain('arn:aws:bedrock:us-east-1:123456789012:model-import-job/*');
    expect(text).toContain(`arn:aws:s3:::${trial.bucket}/*`);
    expect(text).toContain(trial.roleArn);
    const plain = await trial.run(args);
    expect(plain.stdout).toContain('"Version": "2012-10-17"');
  });

  it('needs no credentials when the account is given', async () => {
    const { code, result } = await document(
      ['iam', 'policies', '--bucket', 'b-1', '--account', '210987654321'],
      { env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } }
    );
    expect(code).toBe(0);
    expect(JSON.stringify(result.policies)).toContain('210987654321');
  });
});

it('explains the sandbox instead of loading it', async () => {
  const { code, stderr } = await trial.run(['sandbox', '--port', '1']);
  expect(code).toBe(2);
  expect(stderr).toContain('SANDBOX_SEPARATE');
});
