import { devNull } from 'node:os';
import process from 'node:process';

/** What would lead an AWS or hub client to another account than the sandbox's. */
const OTHER_ACCOUNT = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_BEARER_TOKEN_BEDROCK',
  'HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN'
];

/** The sandbox's own names for what a cell would have to name on AWS. */
export interface SandboxFacts {
  bucket: string;
  roleArn?: string;
  model?: string;
}

/** What the variables of this process say of a sandbox; without them, cells go to AWS. */
export function sandboxOfProcess(): SandboxFacts | undefined {
  const { env } = process;
  const bucket = env.BEDROCK_IMPORT_SANDBOX_BUCKET;
  if (!bucket || !env.AWS_ENDPOINT_URL) {
    return undefined;
  }
  return {
    bucket,
    roleArn: env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN || undefined,
    model: env.BEDROCK_IMPORT_SANDBOX_MODEL || undefined
  };
}

/** Leads this process to a sandbox that has just been started, and to nothing else. */
export function followSandbox(variables: Readonly<Record<string, string>>): void {
  const { env } = process;
  for (const name of Object.keys(env)) {
    if (OTHER_ACCOUNT.includes(name) || /^AWS_ENDPOINT_URL(_|$)/.test(name)) {
      delete env[name];
    }
  }
  env.AWS_CONFIG_FILE = devNull;
  env.AWS_SHARED_CREDENTIALS_FILE = devNull;
  Object.assign(env, variables);
}
