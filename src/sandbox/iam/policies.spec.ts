import {
  GetRoleCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateAssumeRolePolicyCommand
} from '@aws-sdk/client-iam';

import { READ_BUCKET, TRUST_ACCOUNT, startTestIam, type TestIam } from './testing/testIam';

let test: TestIam;

beforeEach(async () => {
  test = await startTestIam();
});

afterEach(() => test.close());

describe('policies', () => {
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
    await expect(test.createRole('X', text)).rejects.toMatchObject({
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
    await test.createRole('X');
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await expect(
      test.iam.send(new PutRolePolicyCommand({ RoleName: 'X', PolicyName: 'p', PolicyDocument }))
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException', message });
  });

  it('simulates what a role may do', async () => {
    await test.createRole('Reader');
    await test.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'Reader',
        PolicyName: 'read',
        PolicyDocument: READ_BUCKET
      })
    );
    const { EvaluationResults } = await test.iam.send(
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
    await test.createRole('Changing');
    const PolicyDocument = TRUST_ACCOUNT.replace('Allow', 'Deny');
    await test.iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName: 'Changing', PolicyDocument })
    );
    const { Role } = await test.iam.send(new GetRoleCommand({ RoleName: 'Changing' }));
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(PolicyDocument);
  });
});
