import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  TagRoleCommand
} from '@aws-sdk/client-iam';

import { createSandboxState } from '../state';
import { createIam } from '.';
import { READ_BUCKET, TRUST_ACCOUNT, startTestIam, type TestIam } from './testing/testIam';

let test: TestIam;

beforeEach(async () => {
  test = await startTestIam();
});

afterEach(() => test.close());

describe('roles', () => {
  it('starts with the role that Bedrock may assume', async () => {
    const { Role } = await test.iam.send(
      new GetRoleCommand({ RoleName: 'BedrockImportSandboxRole' })
    );
    expect(Role?.Arn).toBe(test.state.startRoleArn);
    const role = test.handler.getRole(test.state.startRoleArn);
    expect(role).toBeDefined();
    const bedrock = { service: 'bedrock.amazonaws.com' };
    const context = {
      'aws:SourceAccount': test.state.account,
      'aws:SourceArn': 'arn:aws:bedrock:us-west-2:123456789012:model-import-job/abcdefghijkl'
    };
    expect(test.handler.mayAssume(role!, bedrock, context)).toBe(true);
    expect(test.handler.mayAssume(role!, { service: 'sagemaker.amazonaws.com' }, context)).toBe(
      false
    );
    expect(test.handler.mayAssume(role!, bedrock, { ...context, 'aws:SourceAccount': '1' })).toBe(
      false
    );
  });

  it('creates, finds, tags and deletes a role with an inline policy', async () => {
    const created = await test.iam.send(
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
    await test.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'Importer',
        PolicyName: 'read',
        PolicyDocument: READ_BUCKET
      })
    );
    await test.iam.send(
      new TagRoleCommand({ RoleName: 'Importer', Tags: [{ Key: 'made-by', Value: 'us' }] })
    );
    const { Role } = await test.iam.send(new GetRoleCommand({ RoleName: 'importer' }));
    expect(Role?.Description).toBe('Reads <models> & more');
    expect(Role?.AssumeRolePolicyDocument).toContain('%22Version%22');
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(TRUST_ACCOUNT);
    expect(Role?.Tags).toEqual([{ Key: 'made-by', Value: 'us' }]);
    const policy = await test.iam.send(
      new GetRolePolicyCommand({ RoleName: 'Importer', PolicyName: 'read' })
    );
    expect(decodeURIComponent(policy.PolicyDocument ?? '')).toBe(READ_BUCKET);
    const names = await test.iam.send(new ListRolePoliciesCommand({ RoleName: 'Importer' }));
    expect(names.PolicyNames).toEqual(['read']);
    const attached = await test.iam.send(
      new ListAttachedRolePoliciesCommand({ RoleName: 'Importer' })
    );
    expect(attached.AttachedPolicies).toEqual([]);
    const tags = await test.iam.send(new ListRoleTagsCommand({ RoleName: 'Importer' }));
    expect(tags.Tags).toEqual([{ Key: 'made-by', Value: 'us' }]);

    await expect(
      test.iam.send(new DeleteRoleCommand({ RoleName: 'Importer' }))
    ).rejects.toMatchObject({
      name: 'DeleteConflictException',
      message: 'Cannot delete entity, must delete policies first.'
    });
    await test.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Importer', PolicyName: 'read' }));
    await test.iam.send(new DeleteRoleCommand({ RoleName: 'Importer' }));
    await expect(test.iam.send(new GetRoleCommand({ RoleName: 'Importer' }))).rejects.toMatchObject(
      {
        name: 'NoSuchEntityException',
        message: 'The role with name Importer cannot be found.'
      }
    );
  });

  it('lists in pages', async () => {
    await test.createRole('B');
    await test.createRole('A');
    const first = await test.iam.send(new ListRolesCommand({ MaxItems: 2 }));
    expect(first.Roles?.map(role => role.RoleName)).toEqual(['A', 'B']);
    expect(first.IsTruncated).toBe(true);
    const second = await test.iam.send(new ListRolesCommand({ Marker: first.Marker }));
    expect(second.Roles?.map(role => role.RoleName)).toEqual(['BedrockImportSandboxRole']);
    expect(second.IsTruncated).toBe(false);
  });

  it('keeps its roles for the next run', async () => {
    await test.createRole('Kept');
    const next = await createIam(createSandboxState({ dataDirectory: test.folder }));
    expect(next.getRole('arn:aws:iam::123456789012:role/Kept')).toMatchObject({ name: 'Kept' });
  });

  it('refuses in the words of IAM', async () => {
    await test.createRole('Taken');
    await expect(test.createRole('taken')).rejects.toMatchObject({
      name: 'EntityAlreadyExistsException',
      message: 'Role with name taken already exists.',
      $metadata: { httpStatusCode: 409 }
    });
    await expect(test.createRole('with space')).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-'
    });
    await expect(test.createRole('a'.repeat(65))).rejects.toMatchObject({
      name: 'ValidationError',
      message: `1 validation error detected: Value '${'a'.repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`
    });
    await expect(
      test.iam.send(new GetRolePolicyCommand({ RoleName: 'Taken', PolicyName: 'none' }))
    ).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role policy with name none cannot be found.'
    });
  });
});
