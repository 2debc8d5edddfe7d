import { BedrockImportError } from '../errors';
import type { Endpoints, HostSource, Proxies } from './types';

/** Without a slash at its end, as all endpoints are written. */
export const PUBLIC_HUB = 'https://huggingface.co';

const CA_VARIABLES = [
  'AWS_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'DENO_CERT'
] as const;

/**
 * The endpoints that the standard variables set. A wrong one is an error and never ignored: what is
 * meant for a hub or a test of one's own must not go to the public one.
 *
 * @throws BedrockImportError `HUB_ENDPOINT_INVALID`, `AWS_ENDPOINT_INVALID` (usage)
 */
export function findEndpoints(env: HostSource['env']): Endpoints {
  const ignoreAws = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const aws = (variable: string): string | undefined =>
    ignoreAws ? undefined : baseUrl(env, variable);
  const hub = baseUrl(env, 'HF_ENDPOINT') ?? PUBLIC_HUB;
  const ofAws = {
    aws: aws('AWS_ENDPOINT_URL'),
    s3: aws('AWS_ENDPOINT_URL_S3'),
    bedrock: aws('AWS_ENDPOINT_URL_BEDROCK'),
    bedrockRuntime: aws('AWS_ENDPOINT_URL_BEDROCK_RUNTIME'),
    iam: aws('AWS_ENDPOINT_URL_IAM'),
    sts: aws('AWS_ENDPOINT_URL_STS')
  };
  const custom = hub !== PUBLIC_HUB || Object.values(ofAws).some(value => value !== undefined);
  return { hub, ...ofAws, custom };
}

function baseUrl(env: HostSource['env'], variable: string): string | undefined {
  const text = env[variable];
  if (!text) {
    return undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    !/[\s\p{Cc}@?#]/u.test(text) &&
    url.username === '';
  if (!plain) {
    throw new BedrockImportError({
      code: variable === 'HF_ENDPOINT' ? 'HUB_ENDPOINT_INVALID' : 'AWS_ENDPOINT_INVALID',
      message: `${variable} is not a plain http or https URL.`,
      subject: variable,
      nextStep: `Set ${variable} to a URL without a user name, a query or spaces, or unset it to use the official service.`,
      kind: 'usage'
    });
  }
  return url.href.replace(/\/+$/, '');
}

/** The proxies that `fetch` uses, with user names and passwords masked. */
export function findProxies(env: HostSource['env']): Proxies {
  const read = (name: string): string | undefined =>
    env[name.toLowerCase()] || env[name] || undefined;
  const all = read('ALL_PROXY');
  return {
    http: masked(read('HTTP_PROXY') ?? all),
    https: masked(read('HTTPS_PROXY') ?? all),
    no: read('NO_PROXY')
  };
}

/** Everything up to the last `@` counts as a secret: passwords hold unencoded `@` and `/` in practice. */
function masked(proxy: string | undefined): string | undefined {
  return proxy?.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/** The file with extra certificate authorities, and a warning when it cannot be read. */
export async function findCaCertificateFile(
  source: HostSource,
  warnings: string[]
): Promise<string | undefined> {
  for (const variable of CA_VARIABLES) {
    const file = source.env[variable];
    if (file) {
      if ((await source.readTextFile(file)) === undefined) {
        warnings.push(`${variable} names ${file}, which cannot be read.`);
      }
      return file;
    }
  }
  return undefined;
}
