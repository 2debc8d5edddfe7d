export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export interface PrintedEnvironment {
  variables: Record<string, string>;
  /** Lines for the user, about variables that were left as they are. */
  notes: string[];
}

export interface PrintedEnvironmentOptions {
  /** Empty when the sandbox does not serve this side. */
  awsUrl: string;
  /** Empty when the sandbox does not serve this side. */
  hubUrl: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  bucket: string;
  roleArn: string;
  /** Where an engine keeps the jobs that it runs against this sandbox. Absolute. */
  stateDirectory: string;
  /** `org/name` of the model to try first. */
  model?: string;
  /** With TLS: the sandbox's own CA alone, and the same together with the roots trusted before. */
  tls?: { caFile: string; bundleFile: string };
  /** The environment that the sandbox was started in. */
  processEnvironment: EnvironmentVariables;
}

const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost'];
/** For the AWS command line and boto3, OpenSSL, requests and curl, each of which prefers its own. */
const BUNDLE_NAMES = ['AWS_CA_BUNDLE', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'];
/** Where the engine keeps its jobs. */
const STATE_NAME = 'BEDROCK_IMPORT_STATE_DIR';
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/**
 * What a shell must set so that unmodified clients talk to the sandbox. An endpoint or a folder for
 * jobs that the user has set already is left out: it wins.
 */
export function printedEnvironment(options: PrintedEnvironmentOptions): PrintedEnvironment {
  const env = options.processEnvironment;
  const variables: Record<string, string> = {
    AWS_ENDPOINT_URL: options.awsUrl,
    HF_ENDPOINT: options.hubUrl,
    AWS_ACCESS_KEY_ID: options.accessKeyId,
    AWS_SECRET_ACCESS_KEY: options.secretAccessKey,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    BEDROCK_IMPORT_SANDBOX_BUCKET: options.bucket,
    BEDROCK_IMPORT_SANDBOX_ROLE_ARN: options.roleArn,
    // Jobs of a play account do not belong among the user's own.
    [STATE_NAME]: options.stateDirectory
  };
  if (options.awsUrl === '') {
    for (const name of Object.keys(variables).filter(each => !each.startsWith('HF_'))) {
      delete variables[name];
    }
  }
  if (options.hubUrl === '') {
    delete variables['HF_ENDPOINT'];
  }
  if (options.model !== undefined) {
    variables['BEDROCK_IMPORT_SANDBOX_MODEL'] = options.model;
  }
  if (options.tls !== undefined) {
    // These two add to the roots that a client trusts; the others replace them.
    variables['NODE_EXTRA_CA_CERTS'] = options.tls.caFile;
    variables['DENO_CERT'] = options.tls.caFile;
    for (const name of BUNDLE_NAMES) {
      variables[name] = options.tls.bundleFile;
    }
  }
  if (PROXY_NAMES.some(name => env[name] ?? env[name.toLowerCase()])) {
    const hosts = (env['NO_PROXY'] ?? env['no_proxy'] ?? '')
      .split(',')
      .map(host => host.trim())
      .filter(host => host !== '');
    const all = [...new Set([...hosts, ...LOOPBACK_HOSTS])].join(',');
    // Clients differ in which of the two they read.
    variables['NO_PROXY'] = all;
    variables['no_proxy'] = all;
  }
  if (env['AWS_SESSION_TOKEN']) {
    // It belongs to other credentials; clients take an empty one for none.
    variables['AWS_SESSION_TOKEN'] = '';
  }
  const notes = leaveUserSettings(variables, env);
  if (env['AWS_PROFILE']) {
    notes.push('AWS_PROFILE is set and may win over the credentials of the sandbox: unset it.');
  }
  return { variables, notes };
}

function leaveUserSettings(variables: Record<string, string>, env: EnvironmentVariables): string[] {
  const set = Object.keys(env).filter(
    name => /^(HF_ENDPOINT|AWS_ENDPOINT_URL(_[A-Z0-9_]+)?)$/.test(name) && env[name]
  );
  for (const name of set) {
    delete variables[name];
  }
  // Credentials that go with the user's own endpoint must not be replaced by the sandbox's.
  if (env['AWS_ENDPOINT_URL'] && env['AWS_ACCESS_KEY_ID']) {
    delete variables['AWS_ACCESS_KEY_ID'];
    delete variables['AWS_SECRET_ACCESS_KEY'];
    delete variables['AWS_SESSION_TOKEN'];
  }
  if (env[STATE_NAME] || env['AWS_ENDPOINT_URL']) {
    delete variables[STATE_NAME];
  }
  return set.length === 0
    ? []
    : [
        `Already set, so left as they are: ${set.sort().join(', ')}. Unset them to use the sandbox.`
      ];
}

/** Lines for a POSIX shell. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
