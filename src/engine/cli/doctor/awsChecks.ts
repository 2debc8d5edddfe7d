import { AwsClients, describeBucket } from '../../aws';
import { listImportedModels, listImportJobs } from '../../bedrock';
import type { Check } from '../../checks';
import { CallerIdentity, Environment, getCallerIdentity } from '../../environment';
import type { Session } from '../session';
import { counted } from '../text/layout';
import { probe } from '../probe';
import { failedFinding, okFinding } from './findings';

const POLICY_STEP =
  'Let somebody who manages the account add what "bedrock-import iam policies" prints.';

export interface AwsFindings {
  identity?: CallerIdentity;
  checks: Check[];
}

/** Who the credentials belong to, whether the services answer, and what they allow to read. */
export async function awsChecks(
  session: Session,
  environment: Environment,
  bucket: string | undefined
): Promise<AwsFindings> {
  const { signal } = session;
  if (environment.region === undefined) {
    return { checks: [] };
  }
  const reachable = reachabilityChecks(environment, environment.region.name, signal);
  const clients = await probe(signal, () => session.aws());
  if ('error' in clients) {
    return { checks: [clientsFinding(clients), ...(await reachable)] };
  }
  const aws = clients.value;
  const who = await probe(signal, limit => getCallerIdentity(aws, { signal: limit }));
  if ('error' in who) {
    const why = 'Every call to AWS is made in the name of these credentials.';
    return {
      checks: [failedFinding('identity', 'blocker', who.error, why), ...(await reachable)]
    };
  }
  const identity = who.value;
  const bucketCheck =
    bucket === undefined ? [] : [checkBucket(aws, bucket, identity.account, signal)];
  const [services, ...tried] = await Promise.all([
    reachable,
    modelsCheck(aws, signal),
    jobsCheck(aws, signal),
    ...bucketCheck
  ]);
  return { identity, checks: [identityFinding(identity), ...services, ...tried] };
}

function clientsFinding(failed: { error: Parameters<typeof failedFinding>[2] }): Check {
  const why = 'Without settings that make sense no call to AWS is possible.';
  return failedFinding('aws-settings', 'blocker', failed.error, why);
}

function identityFinding(identity: CallerIdentity): Check {
  return okFinding(
    'identity',
    `Account ${identity.account} as ${identity.arn}.`,
    'Every call to AWS is made in this name.'
  );
}

/** Needs no credentials: a refusal is an answer, too. */
async function reachabilityChecks(
  { endpoints }: Environment,
  region: string,
  signal: AbortSignal
): Promise<Check[]> {
  const services = [
    ['s3', 'S3', endpoints.s3 ?? endpoints.aws ?? `https://s3.${region}.amazonaws.com`],
    [
      'bedrock',
      'Bedrock',
      endpoints.bedrock ?? endpoints.aws ?? `https://bedrock.${region}.amazonaws.com`
    ],
    [
      'bedrock-runtime',
      'Bedrock runtime',
      endpoints.bedrockRuntime ?? endpoints.aws ?? `https://bedrock-runtime.${region}.amazonaws.com`
    ]
  ] as const;
  return Promise.all(
    services.map(async ([id, label, url]) => {
      const why = `The job talks to ${label}.`;
      const asked = await probe(signal, async limit => {
        const response = await fetch(url, { redirect: 'manual', signal: limit });
        await response.body?.cancel();
      });
      return 'value' in asked
        ? okFinding(id, `${label} answers at ${url}.`, why)
        : {
            id,
            verdict: 'blocker' as const,
            found: `${label} does not answer at ${url}.`,
            why,
            nextStep:
              'Check the network, the Region and proxies; without internet access a VPC endpoint for the service is needed.'
          };
    })
  );
}

async function modelsCheck(aws: AwsClients, signal: AbortSignal): Promise<Check> {
  const id = 'imported-models';
  const why = 'Permission bedrock:ListImportedModels, to see what is there.';
  const asked = await probe(signal, limit => listImportedModels(aws, { signal: limit }));
  return 'error' in asked
    ? { ...failedFinding(id, 'warning', asked.error, why), nextStep: POLICY_STEP }
    : okFinding(id, `${counted(asked.value.length, 'imported model')} in ${aws.region}.`, why);
}

async function jobsCheck(aws: AwsClients, signal: AbortSignal): Promise<Check> {
  const id = 'import-jobs';
  const why = 'Bedrock runs one import job per account and Region at a time.';
  const asked = await probe(signal, limit => listImportJobs(aws, { signal: limit }));
  if ('error' in asked) {
    return { ...failedFinding(id, 'warning', asked.error, why), nextStep: POLICY_STEP };
  }
  const running = asked.value.find(job => job.status === 'InProgress');
  return running === undefined
    ? okFinding(id, 'No import job is running.', why)
    : {
        id,
        verdict: 'warning',
        found: `The import job ${running.jobName} is running.`,
        why,
        nextStep: 'Wait for its end before you start another import.'
      };
}

async function checkBucket(
  aws: AwsClients,
  bucket: string,
  account: string,
  signal: AbortSignal
): Promise<Check> {
  const why = 'The model’s files go to this bucket.';
  const asked = await probe(signal, limit =>
    describeBucket(aws, bucket, { account, signal: limit })
  );
  return 'error' in asked
    ? failedFinding('bucket', 'blocker', asked.error, why)
    : okFinding('bucket', `${bucket} is yours and in ${asked.value.region}.`, why);
}
