import { randomUUID } from 'node:crypto';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand
} from '@aws-sdk/client-s3';

import {
  BedrockImportError,
  checkImportRole,
  describeBucket,
  listBuckets,
  listImportedModels,
  listImportJobs,
  listImportRoles,
  listUnfinishedUploads,
  throwIfCancelled,
  toAwsError
} from '../../engine';
import type { AwsClients, Check } from '../../engine';
import { displayedAs, note, points, stack, withCellSignal } from '../display';
import type { Displayed } from '../display';
import { currentSession } from '../session';
import { checksTable } from '../views';
import { policyInputs } from './policyInputs';
import type { SessionPolicyInputs } from './policyInputs';

export interface TryPermissionsOptions {
  /** Also sends a file of a few bytes to the bucket, reads it and deletes it again. @default false */
  write?: boolean;
  signal?: AbortSignal;
}

interface Attempt {
  id: string;
  /** What the call needs, as a policy names it. */
  action: string;
  why: string;
  /** Without it, names are typed instead of chosen. */
  optional?: boolean;
  run(scene: Scene): Promise<unknown>;
}

interface Scene {
  aws: AwsClients;
  inputs: SessionPolicyInputs;
  /** Of the object that is written. */
  key: string;
  signal: AbortSignal | undefined;
}

const READING: readonly Attempt[] = [
  {
    id: 'bucket',
    action: 's3:ListBucket',
    why: 'A copy looks what is in the bucket already.',
    run: async ({ aws, inputs, signal }) => {
      const { bucket, account } = inputs;
      await describeBucket(aws, bucket, { account, signal });
      await aws.s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), {
        abortSignal: signal
      });
    }
  },
  {
    id: 'unfinished-uploads',
    action: 's3:ListBucketMultipartUploads',
    why: 'A copy that broke off goes on with the parts that have arrived.',
    run: ({ aws, inputs, signal }) =>
      listUnfinishedUploads(aws, inputs.bucket, { limit: 1, signal })
  },
  {
    id: 'import-jobs',
    action: 'bedrock:ListModelImportJobs',
    why: 'An import looks whether the same one was made before.',
    run: ({ aws, signal }) => listImportJobs(aws, { signal })
  },
  {
    id: 'imported-models',
    action: 'bedrock:ListImportedModels',
    why: 'Models that nobody needs are found and deleted.',
    run: ({ aws, signal }) => listImportedModels(aws, { signal })
  },
  {
    id: 'buckets',
    action: 's3:ListAllMyBuckets',
    why: 'The bucket is chosen from a list.',
    optional: true,
    run: ({ aws, signal }) => listBuckets(aws, { signal })
  },
  {
    id: 'roles',
    action: 'iam:ListRoles',
    why: 'The import role is chosen from a list.',
    optional: true,
    run: ({ aws, inputs, signal }) => listImportRoles(aws, { ...inputs, signal })
  }
];

const WRITING: readonly Attempt[] = [
  {
    id: 'write-object',
    action: 's3:PutObject',
    why: 'The model’s files go to the bucket.',
    run: ({ aws, inputs, key, signal }) =>
      aws.s3.send(
        new PutObjectCommand({ Bucket: inputs.bucket, Key: key, Body: 'May this be written?' }),
        { abortSignal: signal }
      )
  },
  {
    id: 'read-object',
    action: 's3:GetObject',
    why: 'A file is proved by what S3 says of it, and where that is not enough by reading it back.',
    run: async ({ aws, inputs, key, signal }) => {
      const answer = await aws.s3.send(new GetObjectCommand({ Bucket: inputs.bucket, Key: key }), {
        abortSignal: signal
      });
      await answer.Body?.transformToString();
    }
  },
  {
    id: 'delete-object',
    action: 's3:DeleteObject',
    why: 'An object whose proof failed is deleted.',
    run: ({ aws, inputs, key, signal }) =>
      aws.s3.send(new DeleteObjectCommand({ Bucket: inputs.bucket, Key: key }), {
        abortSignal: signal
      })
  }
];

/** What only an import itself can try, because each of these does something that is kept or billed. */
const UNTRIED: readonly string[] = [
  'bedrock:CreateModelImportJob and iam:PassRole, which belong together: they start an import.',
  'bedrock:InvokeModel and bedrock:DeleteImportedModel: they need an imported model.',
  'Whether Bedrock may read the bucket with the import role: Bedrock tries that when the import starts.'
];

/**
 * Tries, call by call, what the notebook's identity may do, and looks at the import role. A refusal is a
 * finding and no error. Nothing is billed but the requests to S3.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `BUCKET_MISSING`, `CANCELLED`
 */
export async function tryPermissions(
  options: TryPermissionsOptions = {}
): Promise<{ checks: Check[] } & Displayed> {
  const { context } = currentSession();
  const signal = withCellSignal(options.signal);
  const inputs = await policyInputs({ signal });
  const key = `bedrock-import/permission-check-${randomUUID()}`;
  const scene: Scene = { aws: context.aws, inputs, key, signal };
  const reading = Promise.all(READING.map(attempt => tryOne(attempt, scene)));
  const written: Check[] = [];
  // One after the other: what was never written can neither be read nor deleted.
  for (const attempt of options.write === true ? WRITING : []) {
    written.push(await tryOne(attempt, scene));
    if (written[0]?.verdict !== 'ok') {
      break;
    }
  }
  const { roleArn } = inputs;
  const role =
    roleArn === undefined ? [] : await checkImportRole(context.aws, { ...inputs, roleArn, signal });
  const result = { checks: [...(await reading), ...written, ...role] };
  return displayedAs(result, () =>
    stack(
      checksTable(result.checks),
      note('Not tried here:', { tone: 'faint' }),
      points(
        options.write === true
          ? UNTRIED
          : [
              's3:PutObject, s3:GetObject and s3:DeleteObject: only with { write: true }.',
              ...UNTRIED
            ]
      )
    )
  );
}

async function tryOne(attempt: Attempt, scene: Scene): Promise<Check> {
  const { id, action, why, optional = false } = attempt;
  try {
    await attempt.run(scene);
    return { id, verdict: 'ok', found: `${action} is allowed.`, why };
  } catch (error) {
    throwIfCancelled(scene.signal, scene.inputs.bucket, error);
    const typed =
      error instanceof BedrockImportError
        ? error
        : toAwsError(error, { action, subject: scene.inputs.bucket });
    return {
      id,
      verdict: optional ? 'warning' : 'blocker',
      found: `${action}: ${typed.message}`,
      why,
      nextStep: typed.nextStep
    };
  }
}
