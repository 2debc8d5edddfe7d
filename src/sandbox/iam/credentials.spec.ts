import { IAMClient, ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

import { startTestIam, type TestIam } from './testing/testIam';

let test: TestIam;

beforeEach(async () => {
  test = await startTestIam();
});

afterEach(() => test.close());

describe('credentials', () => {
  const assume = (RoleArn: string, DurationSeconds = 900) =>
    test.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'spec', DurationSeconds }));

  async function sessionClients(roleName: string) {
    const { Credentials } = await assume(`arn:aws:iam::123456789012:role/${roleName}`);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken
    };
    return {
      credentials,
      sts: new STSClient({ ...test.clientOptions(), credentials }),
      iam: new IAMClient({ ...test.clientOptions(), credentials })
    };
  }

  it('tells who calls', async () => {
    expect(await test.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/sandbox'
    });
  });

  it('refuses a wrong key and a wrong secret', async () => {
    const wrongSecret = new STSClient({
      ...test.clientOptions(),
      credentials: { accessKeyId: test.state.accessKeyId, secretAccessKey: 'wrong' }
    });
    await expect(wrongSecret.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 }
    });
    const wrongKey = new IAMClient({
      ...test.clientOptions(),
      credentials: { accessKeyId: 'SANDBOXUNKNOWN000000', secretAccessKey: 'wrong' }
    });
    await expect(wrongKey.send(new ListRolesCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.'
    });
  });

  it('gives out sessions of a role that trusts the caller, and ends them', async () => {
    await test.createRole('Worker');
    const session = await sessionClients('Worker');
    expect(await session.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: 'arn:aws:sts::123456789012:assumed-role/Worker/spec'
    });
    const forged = { ...session.credentials, sessionToken: 'forged' };
    await expect(
      new STSClient({ ...test.clientOptions(), credentials: forged }).send(
        new GetCallerIdentityCommand({})
      )
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    test.clock.advance(899_000);
    await session.sts.send(new GetCallerIdentityCommand({}));
    test.clock.advance(1_000);
    await expect(session.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      // The SDK's name for the code ExpiredToken of the query protocol.
      name: expect.stringMatching(/^ExpiredToken/),
      message: 'The security token included in the request is expired'
    });
  });

  it('lets a session do what its role may do', async () => {
    await test.createRole('Limited');
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
    await test.iam.send(
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
    await expect(assume(test.state.startRoleArn, 60)).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    });
  });
});
