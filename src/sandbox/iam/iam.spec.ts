import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { listen, type TestServer } from '../bedrock/testing/listen';
import {
  createManualClock,
  createSandboxState,
  type ManualClock,
  type SandboxState
} from '../state';
import { createIam, createSts, type Iam } from '.';

const TRUST_ACCOUNT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'sts:AssumeRole'
    }
  ]
});
const READ_BUCKET = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::models/*' },
    { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::models/secret/*' }
  ]
});

let folder: string;
let clock: ManualClock;
let state: SandboxState;
let handler: Iam;
let server: TestServer;
let iam: IAMClient;
let sts: STSClient;

const clientOptions = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials: { accessKeyId: state.accessKeyId, secretAccessKey: state.secretAccessKey },
  maxAttempts: 1
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-iam-'));
  clock = createManualClock(new Date());
  state = createSandboxState({ dataDirectory: folder, clock });
  handler = await createIam(state);
  const stsHandler = await createSts(state);
  server = await listen((request, connection) =>
    /\/sts\/aws4_request/.test(request.headers.get('authorization') ?? '')
      ? stsHandler(request, connection)
      : handler(request, connection)
  );
  iam = new IAMClient(clientOptions());
  sts = new STSClient(clientOptions());
});

afterEach(async () => {
  iam.destroy();
  sts.destroy();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const createRole = (RoleName: string, AssumeRolePolicyDocument = TRUST_ACCOUNT) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));

describe('roles', () => {
  it('starts with the role that Bedrock may assume', async () => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'BedrockImportSandboxRole' }));
    expect(Role?.Arn).toBe(state.startRoleArn);
    const role = handler.getRole(state.startRoleArn);
    expect(role).toBeDefined();
    const bedrock = { service: 'bedrock.amazonaws.com' };
    const context = {
      'aws:SourceAccount': state.account,
      'aws:SourceArn': 'arn:aws:bedrock:us-west-2:123456789012:model-import-job/abcdefghijkl'
    };
    expect(handler.mayAssume(role!, bedrock, context)).toBe(true);
    expect(handler.mayAssume(role!, { service: 'sagemaker.amazonaws.com' }, context)).toBe(false);
    expect(handler.mayAssume(role!, bedrock, { ...context, 'aws:SourceAccount': '1' })).toBe(false);
  });

  it('creates, finds, tags and deletes a role with an inline policy', async () => {
    const created = await iam.send(
      new CreateRoleCommand({
        RoleName: 'Importer',
        Path: '/models/',
        AssumeRolePolicyDocument: TRUST_ACCOUNT,
        Description: 'Reads <models> & more',
        Tags: [{ Key: 'made-by', Value: 'spec' }]
      })
    );
    expect(created.Role?.Arn).toBe('arn:aws:iam::123456789012:role/models/Importer');
    expect(created.Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'Importer',
        PolicyName: 'read',
        PolicyDocument: READ_BUCKET
      })
    );
    await iam.send(
      new TagRoleCommand({ RoleName: 'Importer', Tags: [{ Key: 'made-by', Value: 'us' }] })
    );
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'importer' }));
    expect(Role?.Description).toBe('Reads <models> & more');
    expect(Role?.AssumeRolePolicyDocument).toContain('%22Version%22');
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(TRUST_ACCOUNT);
    expect(Role?.Tags).toEqual([{ Key: 'made-by', Value: 'us' }]);
    const policy = await iam.send(
      new GetRolePolicyCommand({ RoleName: 'Importer', PolicyName: 'read' })
    );
    expect(decodeURIComponent(policy.PolicyDocument ?? '')).toBe(READ_BUCKET);
    const names = await iam.send(new ListRolePoliciesCommand({ RoleName: 'Importer' }));
    expect(names.PolicyNames).toEqual(['read']);
    const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'Importer' }));
    expect(attached.AttachedPolicies).toEqual([]);
    const tags = await iam.send(new ListRoleTagsCommand({ RoleName: 'Importer' }));
    expect(tags.Tags).toEqual([{ Key: 'made-by', Value: 'us' }]);

    await expect(iam.send(new DeleteRoleCommand({ RoleName: 'Importer' }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
      message: 'Cannot delete entity, must delete policies first.'
    });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'Importer', PolicyName: 'read' }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'Importer' }));
    await expect(iam.send(new GetRoleCommand({ RoleName: 'Importer' }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role with name Importer cannot be found.'
    });
  });

  it('lists in pages', async () => {
    await createRole('B');
    await createRole('A');
    const first = await iam.send(new ListRolesCommand({ MaxItems: 2 }));
    expect(first.Roles?.map(role => role.RoleName)).toEqual(['A', 'B']);
    expect(first.IsTruncated).toBe(true);
    const second = await iam.send(new ListRolesCommand({ Marker: first.Marker }));
    expect(second.Roles?.map(role => role.RoleName)).toEqual(['BedrockImportSandboxRole']);
    expect(second.IsTruncated).toBe(false);
  });

  it('keeps its roles for the next run', async () => {
    await createRole('Kept');
    const next = await createIam(createSandboxState({ dataDirectory: folder }));
    expect(next.getRole('arn:aws:iam::123456789012:role/Kept')).toMatchObject({ name: 'Kept' });
  });

  it('refuses in the words of IAM', async () => {
    await createRole('Taken');
    await expect(createRole('taken')).rejects.toMatchObject({
      name: 'EntityAlreadyExistsException',
      message: 'Role with name taken already exists.',
      $metadata: { httpStatusCode: 409 }
    });
    await expect(createRole('with space')).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-'
    });
    await expect(createRole('a'.repeat(65))).rejects.toMatchObject({
      name: 'ValidationError',
      message: `1 validation error detected: Value '${'a'.repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`
    });
    await expect(
      iam.send(new GetRolePolicyCommand({ RoleName: 'Taken', PolicyName: 'none' }))
    ).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role policy with name none cannot be found.'
    });
  });

  it.each([
    ['{', 'This policy contains invalid Json'],
    [{ Version: '2012-10-17' }, 'Missing required field Statement'],
    [
      { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }] },
      'Missing required field Principal'
    ],
    [
      { Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject' }] },
      'AssumeRole policy may only specify STS AssumeRole actions.'
    ],
    [
      {
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'bedrock' }, Action: 'sts:AssumeRole' }
        ]
      },
      'Invalid principal in policy: "SERVICE":"bedrock"'
    ],
    [
      { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' }] },
      'Has prohibited field Resource'
    ]
  ])('refuses the trust policy %j', async (policy, message) => {
    const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
    await expect(createRole('X', text)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message
    });
  });

  it.each([
    [
      { Effect: 'Allow', Action: 's3:*', Resource: 'models/*' },
      'Resource models/* must be in ARN format or "*".'
    ],
    [{ Effect: 'Allow', Action: 's3:*' }, 'Policy statement must contain resources.'],
    [{ Effect: 'Allow', Resource: '*' }, 'Policy statement must contain actions.'],
    [
      { Effect: 'Allow', Action: 'GetObject', Resource: '*' },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
    ],
    [
      { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' },
      'Policy document should not specify a principal.'
    ]
  ])('refuses the statement %j', async (statement, message) => {
    await createRole('X');
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await expect(
      iam.send(new PutRolePolicyCommand({ RoleName: 'X', PolicyName: 'p', PolicyDocument }))
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException', message });
  });

  it('simulates what a role may do', async () => {
    await createRole('Reader');
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'Reader',
        PolicyName: 'read',
        PolicyDocument: READ_BUCKET
      })
    );
    const { EvaluationResults } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: 'arn:aws:iam::123456789012:role/Reader',
        ActionNames: ['s3:GetObject', 's3:PutObject'],
        ResourceArns: ['arn:aws:s3:::models/a', 'arn:aws:s3:::models/secret/b']
      })
    );
    expect(EvaluationResults?.map(result => result.EvalDecision)).toEqual([
      'allowed',
      'explicitDeny',
      'implicitDeny',
      'implicitDeny'
    ]);
  });

  it('replaces the trust policy', async () => {
    await createRole('Changing');
    const PolicyDocument = TRUST_ACCOUNT.replace('Allow', 'Deny');
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Changing', PolicyDocument }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'Changing' }));
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(PolicyDocument);
  });
});

describe('credentials', () => {
  const assume = (RoleArn: string, DurationSeconds = 900) =>
    sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'spec', DurationSeconds }));

  async function sessionClients(roleName: string) {
    const { Credentials } = await assume(`arn:aws:iam::123456789012:role/${roleName}`);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken
    };
    return {
      credentials,
      sts: new STSClient({ ...clientOptions(), credentials }),
      iam: new IAMClient({ ...clientOptions(), credentials })
    };
  }

  it('tells who calls', async () => {
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/sandbox'
    });
  });

  it('refuses a wrong key and a wrong secret', async () => {
    const wrongSecret = new STSClient({
      ...clientOptions(),
      credentials: { accessKeyId: state.accessKeyId, secretAccessKey: 'wrong' }
    });
    await expect(wrongSecret.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 }
    });
    const wrongKey = new IAMClient({
      ...clientOptions(),
      credentials: { accessKeyId: 'SANDBOXUNKNOWN000000', secretAccessKey: 'wrong' }
    });
    await expect(wrongKey.send(new ListRolesCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.'
    });
  });

  it('gives out sessions of a role that trusts the caller, and ends them', async () => {
    await createRole('Worker');
    const session = await sessionClients('Worker');
    expect(await session.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: 'arn:aws:sts::123456789012:assumed-role/Worker/spec'
    });
    const forged = { ...session.credentials, sessionToken: 'forged' };
    await expect(
      new STSClient({ ...clientOptions(), credentials: forged }).send(
        new GetCallerIdentityCommand({})
      )
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    clock.advance(899_000);
    await session.sts.send(new GetCallerIdentityCommand({}));
    clock.advance(1_000);
    await expect(session.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      // The SDK's name for the code ExpiredToken of the query protocol.
      name: expect.stringMatching(/^ExpiredToken/),
      message: 'The security token included in the request is expired'
    });
  });

  it('lets a session do what its role may do', async () => {
    await createRole('Limited');
    const session = await sessionClients('Limited');
    await expect(session.iam.send(new ListRolesCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      message:
        'User: arn:aws:sts::123456789012:assumed-role/Limited/spec is not authorized to perform: iam:ListRoles on resource: * because no identity-based policy allows the iam:ListRoles action'
    });
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'iam:List*', Resource: '*' }]
    });
    await iam.send(
      new PutRolePolicyCommand({ RoleName: 'Limited', PolicyName: 'list', PolicyDocument })
    );
    expect((await session.iam.send(new ListRolesCommand({}))).Roles).toHaveLength(2);
  });

  it('refuses roles that trust somebody else, and does not tell whether a role exists', async () => {
    for (const name of ['BedrockImportSandboxRole', 'NoSuchRole']) {
      const arn = `arn:aws:iam::123456789012:role/${name}`;
      await expect(assume(arn)).rejects.toMatchObject({
        name: 'AccessDenied',
        message: `User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: sts:AssumeRole on resource: ${arn}`
      });
    }
    await expect(assume(state.startRoleArn, 60)).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    });
  });
});
