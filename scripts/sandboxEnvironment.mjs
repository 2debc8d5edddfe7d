/** Which environment the example job runs in: the user's, filled up with the sandbox's. */
import { devNull } from 'node:os';

const isAwsEndpoint = name => /^AWS_ENDPOINT_URL(_|$)/.test(name);

/** What would lead an AWS client away from the sandbox's account, or past its endpoint. */
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
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'
];
/** Where the engine keeps its jobs. */
const STATE_NAME = 'BEDROCK_IMPORT_STATE_DIR';
const OTHER_HUB_ACCOUNT = ['HF_TOKEN', 'HF_TOKEN_PATH', 'HUGGING_FACE_HUB_TOKEN'];

/** Whether the user's own variables name both the hub and AWS, so that no sandbox is needed. */
export function isComplete(user) {
  return Boolean(user.HF_ENDPOINT && user.AWS_ENDPOINT_URL);
}

/**
 * An endpoint that the user set always wins over the sandbox's, and so does a folder for jobs.
 * Credentials, region and folder follow the endpoint: the sandbox refuses others' keys, and others shall not see the sandbox's.
 */
export function mergeEnvironment(user, sandbox) {
  const merged = Object.fromEntries(
    Object.entries(user).filter(([, value]) => value !== undefined)
  );
  const awsIsTheUsers = Boolean(user.AWS_ENDPOINT_URL);
  const hubIsTheUsers = Boolean(user.HF_ENDPOINT);
  if (!awsIsTheUsers) {
    for (const name of OTHER_ACCOUNT) {
      delete merged[name];
    }
    merged.AWS_CONFIG_FILE = devNull;
    merged.AWS_SHARED_CREDENTIALS_FILE = devNull;
  }
  if (!hubIsTheUsers) {
    for (const name of OTHER_HUB_ACCOUNT) {
      delete merged[name];
    }
  }
  for (const [name, value] of Object.entries(sandbox)) {
    const keepsTheUsers = name.startsWith('HF_')
      ? hubIsTheUsers
      : (awsIsTheUsers && isAwsOrSandboxName(name)) ||
        ((isAwsEndpoint(name) || name === STATE_NAME) && Boolean(user[name]));
    if (!keepsTheUsers) {
      merged[name] = value;
    }
  }
  return merged;
}

function isAwsOrSandboxName(name) {
  return (
    name === STATE_NAME ||
    (name.startsWith('AWS_') && name !== 'AWS_CA_BUNDLE') ||
    (name.startsWith('BEDROCK_IMPORT_SANDBOX_') && name !== 'BEDROCK_IMPORT_SANDBOX_MODEL')
  );
}
