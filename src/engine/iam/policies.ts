import type { NotebookPolicyInputs, PolicyDocument, PolicyInputs, PolicyStatement } from './types';

const VERSION = '2012-10-17';
const BEDROCK = 'bedrock.amazonaws.com';

/** Names of roles that `createImportRole` makes, and that the notebook may manage, begin so. */
export const IMPORT_ROLE_PREFIX = 'BedrockImport-';

/**
 * Lets Bedrock assume the role, for import jobs of this account and Region only. Source: Amazon
 * Bedrock User Guide, "Create a service role for importing pre-trained models", and the samples'
 * "Importing Custom Models".
 *
 * @param inputs.alsoSageMaker - For one role that is both the notebook's and the import's.
 */
export function importRoleTrustPolicy(
  inputs: PolicyInputs & { alsoSageMaker?: boolean }
): PolicyDocument {
  const { account, region, alsoSageMaker = false } = inputs;
  const byBedrock: PolicyStatement = {
    Sid: 'AssumeByBedrock',
    Effect: 'Allow',
    Principal: { Service: BEDROCK },
    Action: 'sts:AssumeRole',
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnEquals: {
        'aws:SourceArn': `arn:${partitionOf(inputs)}:bedrock:${region}:${account}:model-import-job/*`
      }
    }
  };
  const bySageMaker: PolicyStatement = {
    Sid: 'AssumeBySageMaker',
    Effect: 'Allow',
    Principal: { Service: 'sagemaker.amazonaws.com' },
    Action: 'sts:AssumeRole'
  };
  return { Version: VERSION, Statement: alsoSageMaker ? [byBedrock, bySageMaker] : [byBedrock] };
}

/** Lets the import read the model's files from the bucket, which must be the account's own. */
export function importRolePolicy(inputs: PolicyInputs): PolicyDocument {
  return {
    Version: VERSION,
    Statement: [
      {
        Sid: 'GetModelArtifacts',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: bucketAndObjects(inputs),
        Condition: ownAccount(inputs)
      }
    ]
  };
}

/**
 * What the notebook, or whoever runs the product, needs. Beyond the samples' policy: files are sent
 * in parts, so a copy that broke off lists its uploads (s3:ListBucketMultipartUploads), asks which
 * parts have arrived (s3:ListMultipartUploadParts) and ends uploads nobody needs
 * (s3:AbortMultipartUpload); an object whose proof failed is deleted (s3:DeleteObject).
 * sts:GetCallerIdentity needs no permission.
 */
export function notebookPolicy(inputs: NotebookPolicyInputs): PolicyDocument {
  const { account, region, roleArn, manageImportRole = false, createBucket = false } = inputs;
  const partition = partitionOf(inputs);
  const bedrock = `arn:${partition}:bedrock:${region}:${account}`;
  const importRoles = `arn:${partition}:iam::${account}:role/${IMPORT_ROLE_PREFIX}*`;
  const statements: PolicyStatement[] = [
    {
      Sid: 'UploadModelArtifacts',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:ListBucket',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
        's3:ListBucketMultipartUploads'
      ],
      Resource: bucketAndObjects(inputs),
      Condition: ownAccount(inputs)
    },
    {
      Sid: 'BedrockCMIJobManagement',
      Effect: 'Allow',
      Action: [
        'bedrock:CreateModelImportJob',
        'bedrock:ListModelImportJobs',
        'bedrock:GetModelImportJob'
      ],
      Resource: '*'
    },
    {
      Sid: 'PassRoleToBedrockCMI',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: roleArn ?? importRoles,
      Condition: { StringEquals: { 'iam:PassedToService': BEDROCK } }
    },
    {
      Sid: 'BedrockImportedModelLifecycle',
      Effect: 'Allow',
      Action: [
        'bedrock:ListImportedModels',
        'bedrock:GetImportedModel',
        'bedrock:DeleteImportedModel'
      ],
      Resource: [`${bedrock}:imported-model/*`]
    },
    // A list has no resource of its own, so the statement above does not allow it by itself.
    {
      Sid: 'BedrockListImportedModels',
      Effect: 'Allow',
      Action: 'bedrock:ListImportedModels',
      Resource: '*'
    },
    {
      Sid: 'BedrockInvokeCustomModels',
      Effect: 'Allow',
      Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      Resource: [`${bedrock}:imported-model/*`, `${bedrock}:custom-model-deployment/*`]
    }
  ];
  // Lists to choose from; without them names are typed.
  statements.push({
    Sid: 'ListBucketsAndRoles',
    Effect: 'Allow',
    Action: ['s3:ListAllMyBuckets', 'iam:ListRoles'],
    Resource: '*'
  });
  if (createBucket) {
    statements.push({
      Sid: 'CreateBucket',
      Effect: 'Allow',
      Action: 's3:CreateBucket',
      Resource: `arn:${partition}:s3:::${inputs.bucket}`
    });
  }
  if (manageImportRole) {
    statements.push({
      Sid: 'ManageImportRole',
      Effect: 'Allow',
      Action: [
        ...['iam:CreateRole', 'iam:PutRolePolicy', 'iam:TagRole', 'iam:GetRole'],
        // Who makes a role also cleans up.
        ...['iam:ListRolePolicies', 'iam:DeleteRolePolicy', 'iam:DeleteRole']
      ],
      Resource: importRoles
    });
  }
  return { Version: VERSION, Statement: statements };
}

function partitionOf(inputs: PolicyInputs): string {
  return inputs.partition ?? 'aws';
}

function bucketAndObjects(inputs: PolicyInputs): string[] {
  const bucket = `arn:${partitionOf(inputs)}:s3:::${inputs.bucket}`;
  const prefix = inputs.prefix ?? '';
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  return [bucket, `${bucket}/${folder}*`];
}

function ownAccount(inputs: PolicyInputs): NonNullable<PolicyStatement['Condition']> {
  return { StringEquals: { 'aws:ResourceAccount': inputs.account } };
}
