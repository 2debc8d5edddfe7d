import process from 'node:process';

import { recordJupyter } from '../display/testing/recordedJupyter';
import { show } from '../display';
import { connect, currentSession } from '.';
import { startNotebookTrial } from './testing/notebookTrial';
import type { NotebookTrial } from './testing/notebookTrial';

let trial: NotebookTrial;

beforeAll(async () => {
  trial = await startNotebookTrial();
});

afterAll(() => trial.stop());

beforeEach(() => {
  trial.restartKernel();
  trial.setVariables(trial.sandbox.env);
});

/** The sandbox as an account of AWS: nothing says that it is one. */
function asAws(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(trial.sandbox.env).filter(([name]) => !name.startsWith('BEDROCK_IMPORT_SANDBOX'))
  );
}

/** A kernel that can start the sandbox, and how often it has. */
function withSandboxOfKernel(): { started: () => number } {
  let started = 0;
  trial.jupyter.remove();
  recordJupyter({
    startSandbox: async () => {
      started += 1;
      return trial.sandbox.env;
    }
  });
  return { started: () => started };
}

describe('a session', () => {
  it('is asked for before there is one: says which cell to run', () => {
    expect(() => currentSession()).toThrow(
      expect.objectContaining({
        code: 'CELL_ORDER',
        message: 'Run the cell with connect() first.',
        kind: 'usage'
      })
    );
  });

  it('is the sandbox where its variables are, with its bucket, role and account', async () => {
    const session = await connect();
    const { env } = trial.sandbox;
    expect(session).toMatchObject({
      where: 'sandbox',
      bucket: env.BEDROCK_IMPORT_SANDBOX_BUCKET,
      roleArn: env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN,
      identity: { account: '123456789012' }
    });
    expect(currentSession()).toBe(session);
    await show(session);
    expect(trial.jupyter.lastText()).toContain('Nothing here costs anything.');
    expect(trial.jupyter.lastText()).toContain('123456789012');
  });

  it('is the same one when the cell is run again, and a new one for other options', async () => {
    const first = await connect({ model: 'trial/tiny' });
    expect(await connect({ model: 'trial/tiny' })).toBe(first);
    expect(await connect()).toBe(first);
    const second = await connect({ model: 'trial/other' });
    expect(second).not.toBe(first);
    expect(second.model).toBe('trial/other');
    expect(currentSession()).toBe(second);
  });

  it('is AWS where there are credentials and no sandbox, without a bucket of its own', async () => {
    trial.setVariables(asAws());
    const kernel = withSandboxOfKernel();
    const session = await connect();
    expect(session).toMatchObject({ where: 'aws', model: 'Qwen/Qwen3-0.6B' });
    expect(session.bucket).toBeUndefined();
    expect(kernel.started()).toBe(0);
  });

  it('is not the sandbox where credentials are there and only the Region is missing', async () => {
    const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...env } = asAws();
    trial.setVariables(env);
    const kernel = withSandboxOfKernel();
    await expect(connect()).rejects.toMatchObject({ code: 'REGION_MISSING' });
    expect(kernel.started()).toBe(0);
    expect(await connect({ region: 'us-east-1' })).toMatchObject({ where: 'aws' });
  });

  it('is a sandbox of the kernel where there is nothing', async () => {
    trial.setVariables({});
    const kernel = withSandboxOfKernel();
    expect(await connect()).toMatchObject({ where: 'sandbox' });
    await connect();
    expect(kernel.started()).toBe(1);
    expect(process.env.AWS_ENDPOINT_URL).toBe(trial.sandbox.awsUrl);
  });

  it('is the sandbox on request, and then nothing leads to the user’s own account', async () => {
    trial.setVariables({
      AWS_ACCESS_KEY_ID: 'AKIAUSERSOWNKEY00000',
      AWS_SECRET_ACCESS_KEY: 'users-own-secret-key',
      AWS_SESSION_TOKEN: 'users-own-session-token',
      AWS_PROFILE: 'work',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
      AWS_REGION: 'eu-central-1',
      HF_TOKEN: 'hf_UsersOwnTokenOfTheHub'
    });
    withSandboxOfKernel();
    const session = await connect({ sandbox: true });
    expect(session).toMatchObject({ where: 'sandbox', identity: { account: '123456789012' } });
    expect(session.context.hub.token).toBeUndefined();
    const left = ['AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_ENDPOINT_URL_S3', 'HF_TOKEN'];
    expect(left.filter(name => process.env[name])).toEqual([]);
  });

  it('is nowhere in a kernel that cannot start one: says what to do', async () => {
    trial.setVariables({});
    trial.jupyter.remove();
    await expect(connect()).rejects.toMatchObject({
      code: 'NOTEBOOK_NOWHERE',
      nextStep: expect.stringContaining('bedrock-import sandbox')
    });
    expect(() => currentSession()).toThrow('Run the cell with connect() first.');
  });

  it('can be told never to be the sandbox', async () => {
    trial.setVariables({ AWS_REGION: 'us-east-1' });
    const kernel = withSandboxOfKernel();
    await expect(connect({ sandbox: false })).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING'
    });
    expect(kernel.started()).toBe(0);
  });
});
