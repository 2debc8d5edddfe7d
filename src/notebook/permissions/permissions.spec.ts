import { CreateRoleCommand, GetRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';

import {
  createAwsClients,
  getCallerIdentity,
  importRolePolicy,
  importRoleTrustPolicy,
  notebookPolicy
} from '../../engine';
import { rejectedBy } from '../../engine/testing/thrownBy';
import { show } from '../display';
import { connect, currentSession } from '../session';
import { startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import {
  deleteImportRole,
  makeImportRole,
  planRoleDeletion,
  policyInputs,
  statementsTable,
  tryPermissions,
  whoActs
} from '.';

const ACCOUNT = '123456789012';

let trial: NotebookTrial;
let bucket: string;

beforeAll(async () => {
  trial = await startNotebookTrial();
  bucket = trial.sandbox.env.BEDROCK_IMPORT_SANDBOX_BUCKET ?? '';
});

afterAll(() => trial.stop());

beforeEach(() => {
  trial.restartKernel();
  trial.setVariables(trial.sandbox.env);
});

/** The same services, for a caller to whom they are AWS. */
async function connectAsAws(
  variables: Readonly<Record<string, string>> = {},
  options: Parameters<typeof connect>[0] = {}
): Promise<void> {
  const env = Object.entries(trial.sandbox.env).filter(
    ([name]) => !name.startsWith('BEDROCK_IMPORT_SANDBOX')
  );
  trial.restartKernel();
  trial.setVariables({ ...Object.fromEntries(env), ...variables });
  await connect({ bucket, ...options });
}

/** Variables of a session of a role that may do what the policy says. */
async function sessionOfRole(roleName: string, policy: object): Promise<Record<string, string>> {
  trial.setVariables(trial.sandbox.env);
  const { iam, sts } = createAwsClients();
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'sts:AssumeRole'
      }
    ]
  };
  await iam.send(
    new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument: JSON.stringify(trust) })
  );
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: roleName,
      PolicyName: 'Work',
      PolicyDocument: JSON.stringify(policy)
    })
  );
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${roleName}`;
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'notebook' })
  );
  return {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? ''
  };
}

describe('who acts in an import', () => {
  it('is the notebook and the import role, drawn and said', async () => {
    await connect();
    const who = await whoActs();
    expect(who).toMatchObject({ shared: false, importRole: currentSession().roleArn });
    expect(who.checks.map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    await show(who);
    const bundle = trial.jupyter.sent.at(-1) ?? {};
    expect(bundle['image/svg+xml']).toMatch(/^<svg[\s\S]*BedrockImportSandboxRole[\s\S]*<\/svg>$/);
    expect(bundle['text/plain']).toContain(`arn:aws:iam::${ACCOUNT}:user/sandbox`);
  });

  it('is one role where the notebook acts as the import role, and lists are no must', async () => {
    const variables = await sessionOfRole('OneForBoth', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }]
    });
    await connectAsAws(variables, { roleArn: `arn:aws:iam::${ACCOUNT}:role/OneForBoth` });
    const who = await whoActs();
    expect(who.shared).toBe(true);
    expect(who.importRoles).toBeUndefined();
    expect(who.checks[0]).toMatchObject({ id: 'import-role-exists', verdict: 'warning' });
    await show(who);
    expect(trial.jupyter.lastText()).toContain('Both are the same role.');
  });

  it('has no import role yet on AWS, and needs a bucket for its policies', async () => {
    await connectAsAws();
    const who = await whoActs();
    expect(who.importRole).toBeUndefined();
    expect(who.checks).toEqual([]);
    await connectAsAws({}, { bucket: undefined });
    expect(await rejectedBy(policyInputs())).toMatchObject({ code: 'BUCKET_MISSING' });
  });
});

describe('policies in words', () => {
  it('say for whom, what, on what and when', async () => {
    await connect();
    const inputs = await policyInputs();
    expect(inputs).toMatchObject({ account: ACCOUNT, bucket, region: 'us-east-1' });
    const trust = statementsTable(importRoleTrustPolicy({ ...inputs, alsoSageMaker: true })).text;
    expect(trust).toContain('To whom');
    expect(trust).toContain('sagemaker.amazonaws.com');
    expect(trust).toContain(`aws:SourceAccount is ${ACCOUNT}`);
    const reading = statementsTable(importRolePolicy({ ...inputs, prefix: 'models/' })).text;
    expect(reading).toContain(`arn:aws:s3:::${bucket}/models/*`);
    // Every statement that the product writes has a sentence of its own.
    const every = notebookPolicy({ ...inputs, manageImportRole: true, createBucket: true });
    const purposes = statementsTable(every).text.split('\n').slice(1);
    expect(purposes).toHaveLength(every.Statement.length);
    every.Statement.forEach(({ Sid }, index) =>
      expect(purposes[index]?.startsWith(Sid)).toBe(false)
    );
  });
});

describe('trying permissions', () => {
  it('finds all allowed, and leaves nothing in the bucket', async () => {
    await connect();
    const { checks } = await tryPermissions({ write: true });
    expect(checks.map(({ verdict }) => verdict)).toEqual(checks.map(() => 'ok'));
    expect(checks.map(({ id }) => id)).toEqual([
      'bucket',
      'unfinished-uploads',
      'import-jobs',
      'imported-models',
      'buckets',
      'roles',
      'write-object',
      'read-object',
      'delete-object',
      'import-role-exists',
      'import-role-trust'
    ]);
    const { aws } = currentSession().context;
    const left = await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(left.KeyCount).toBe(0);
  });

  it('writes nothing unless it is asked to', async () => {
    await connect({ bucket: 'read-only-bucket' });
    const read = await tryPermissions();
    expect(read.checks.some(({ verdict }) => verdict !== 'ok')).toBe(false);
    expect(read.checks.map(({ id }) => id)).not.toContain('write-object');
    await show(read);
    expect(trial.jupyter.lastText()).toContain('only with { write: true }');
  });

  it('makes findings of refusals, and goes no further than the first of writing', async () => {
    await connect({ bucket: 'read-only-bucket' });
    const { checks } = await tryPermissions({ write: true });
    expect(checks.find(({ id }) => id === 'write-object')).toMatchObject({ verdict: 'blocker' });
    expect(checks.map(({ id }) => id)).not.toContain('read-object');
  });

  it('says for a role that may only list its bucket what is missing', async () => {
    const variables = await sessionOfRole('OnlyLists', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }]
    });
    await connectAsAws(variables);
    const { checks } = await tryPermissions();
    const verdicts = Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toMatchObject({ 'imported-models': 'blocker', roles: 'warning' });
    expect(checks.find(({ id }) => id === 'imported-models')).toMatchObject({
      found: expect.stringContaining('bedrock:ListImportedModels') as string,
      nextStep: expect.stringMatching(/\w/) as string
    });
  });
});

describe('the role of the tutorial', () => {
  it('is shown, created, found again, listed and deleted', async () => {
    await connect();
    const role = await makeImportRole({ roleName: 'BedrockImport-tutorial' });
    expect(role).toMatchObject({ created: true, roleName: 'BedrockImport-tutorial' });
    expect(trial.jupyter.lastText()).toContain('model-import-job/*');
    expect(await makeImportRole({ roleName: 'BedrockImport-tutorial' })).toMatchObject({
      created: false,
      roleArn: role.roleArn
    });
    const plan = await planRoleDeletion('BedrockImport-tutorial');
    expect(plan).toMatchObject({
      roleArn: role.roleArn,
      policies: [`BedrockImport-${bucket}`]
    });
    await deleteImportRole(plan);
    const { iam } = currentSession().context.aws;
    await expect(
      iam.send(new GetRoleCommand({ RoleName: 'BedrockImport-tutorial' }))
    ).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    const again = await deleteImportRole(plan);
    expect(again.roleArn).toBeUndefined();
    await show(again);
    expect(trial.jupyter.lastText()).toContain('There is no role BedrockImport-tutorial any more.');
  });

  it('is neither created nor deleted on AWS without a Yes', async () => {
    await connectAsAws();
    const roleName = 'BedrockImport-asked';
    expect(await rejectedBy(makeImportRole({ roleName }))).toMatchObject({
      code: 'NOT_CONFIRMED'
    });
    expect((await planRoleDeletion(roleName)).roleArn).toBeUndefined();
    await makeImportRole({ roleName, confirm: true });
    expect(await rejectedBy(deleteImportRole(await planRoleDeletion(roleName)))).toMatchObject({
      code: 'NOT_CONFIRMED'
    });
    expect((await planRoleDeletion(roleName)).roleArn).toContain(roleName);
    await deleteImportRole(await planRoleDeletion(roleName), { confirm: true });
    expect((await planRoleDeletion(roleName)).roleArn).toBeUndefined();
  });

  it('is never one that somebody else has made', async () => {
    await connect();
    const refused = await rejectedBy(planRoleDeletion('BedrockImportSandboxRole'));
    expect(refused).toMatchObject({ code: 'ROLE_NOT_OURS', kind: 'blocked' });
    const pretended = { roleName: 'BedrockImportSandboxRole', policies: [] };
    expect((await rejectedBy(deleteImportRole(pretended, { confirm: true }))).code).toBe(
      'ROLE_NOT_OURS'
    );
    expect((await getCallerIdentity(currentSession().context.aws)).account).toBe(ACCOUNT);
  });
});
