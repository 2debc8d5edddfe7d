import { importRolePolicy, importRoleTrustPolicy, notebookPolicy, type PolicyStatement } from '.';

const INPUTS = { account: '123456789012', region: 'us-east-1', bucket: 'models' };
const ROLE = 'arn:aws:iam::123456789012:role/Import';

const statement = (statements: PolicyStatement[], sid: string): PolicyStatement | undefined =>
  statements.find(({ Sid }) => Sid === sid);

describe('importRoleTrustPolicy', () => {
  it('is the one of the samples, filled in', () => {
    expect(importRoleTrustPolicy({ ...INPUTS, alsoSageMaker: true })).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AssumeByBedrock',
          Effect: 'Allow',
          Principal: { Service: 'bedrock.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': '123456789012' },
            ArnEquals: {
              'aws:SourceArn': 'arn:aws:bedrock:us-east-1:123456789012:model-import-job/*'
            }
          }
        },
        {
          Sid: 'AssumeBySageMaker',
          Effect: 'Allow',
          Principal: { Service: 'sagemaker.amazonaws.com' },
          Action: 'sts:AssumeRole'
        }
      ]
    });
    expect(importRoleTrustPolicy(INPUTS).Statement).toHaveLength(1);
  });
});

describe('importRolePolicy', () => {
  it('is the one of the samples, filled in', () => {
    expect(importRolePolicy(INPUTS)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'GetModelArtifacts',
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:ListBucket'],
          Resource: ['arn:aws:s3:::models', 'arn:aws:s3:::models/*'],
          Condition: { StringEquals: { 'aws:ResourceAccount': '123456789012' } }
        }
      ]
    });
  });

  it.each([
    ['', 'arn:aws:s3:::models/*'],
    ['imports', 'arn:aws:s3:::models/imports/*'],
    ['imports/smol/', 'arn:aws:s3:::models/imports/smol/*']
  ])('narrows the objects to the prefix %j', (prefix, resource) => {
    expect(importRolePolicy({ ...INPUTS, prefix }).Statement[0]?.Resource).toEqual([
      'arn:aws:s3:::models',
      resource
    ]);
  });
});

describe('notebookPolicy', () => {
  it('allows what the samples allow, and the parts of an upload', () => {
    const { Statement } = notebookPolicy({ ...INPUTS, roleArn: ROLE });
    expect(statement(Statement, 'UploadModelArtifacts')?.Action).toEqual([
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
      's3:ListBucketMultipartUploads'
    ]);
    expect(statement(Statement, 'BedrockCMIJobManagement')).toMatchObject({
      Action: [
        'bedrock:CreateModelImportJob',
        'bedrock:ListModelImportJobs',
        'bedrock:GetModelImportJob'
      ],
      Resource: '*'
    });
    expect(statement(Statement, 'PassRoleToBedrockCMI')).toMatchObject({
      Action: 'iam:PassRole',
      Resource: ROLE,
      Condition: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } }
    });
    expect(statement(Statement, 'BedrockImportedModelLifecycle')?.Resource).toEqual([
      'arn:aws:bedrock:us-east-1:123456789012:imported-model/*'
    ]);
    expect(statement(Statement, 'BedrockInvokeCustomModels')?.Resource).toEqual([
      'arn:aws:bedrock:us-east-1:123456789012:imported-model/*',
      'arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/*'
    ]);
  });

  it('gives rights over roles only when asked, and only over ours', () => {
    const plain = JSON.stringify(notebookPolicy({ ...INPUTS, roleArn: ROLE }));
    expect(plain).not.toMatch(/iam:(CreateRole|PutRolePolicy)/);
    const { Statement } = notebookPolicy({ ...INPUTS, manageImportRole: true });
    const ours = 'arn:aws:iam::123456789012:role/BedrockImport-*';
    expect(statement(Statement, 'ManageImportRole')).toMatchObject({
      Action: [
        'iam:CreateRole',
        'iam:PutRolePolicy',
        'iam:TagRole',
        'iam:GetRole',
        'iam:ListRolePolicies',
        'iam:DeleteRolePolicy',
        'iam:DeleteRole'
      ],
      Resource: ours
    });
    expect(statement(Statement, 'PassRoleToBedrockCMI')?.Resource).toBe(ours);
  });

  it('lets the panel list buckets and roles, and create the bucket only when asked', () => {
    const { Statement } = notebookPolicy({ ...INPUTS, roleArn: ROLE });
    expect(statement(Statement, 'ListBucketsAndRoles')).toMatchObject({
      Action: ['s3:ListAllMyBuckets', 'iam:ListRoles'],
      Resource: '*'
    });
    expect(statement(Statement, 'CreateBucket')).toBeUndefined();
    const creating = notebookPolicy({ ...INPUTS, createBucket: true });
    expect(statement(creating.Statement, 'CreateBucket')).toMatchObject({
      Action: 's3:CreateBucket',
      Resource: 'arn:aws:s3:::models'
    });
  });

  it('fits other partitions', () => {
    const inputs = {
      ...INPUTS,
      partition: 'aws-us-gov',
      manageImportRole: true,
      createBucket: true
    };
    const all = JSON.stringify([
      notebookPolicy(inputs),
      importRolePolicy(inputs),
      importRoleTrustPolicy(inputs)
    ]);
    expect(all).not.toContain('arn:aws:');
  });

  it('keeps statement ids unique and alphanumeric, as IAM wants them', () => {
    const { Statement } = notebookPolicy({ ...INPUTS, manageImportRole: true });
    const ids = Statement.map(({ Sid }) => Sid);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter(id => !/^[A-Za-z0-9]+$/.test(id))).toEqual([]);
  });
});
