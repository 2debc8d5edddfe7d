import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';

import { BedrockImportError } from '../errors';
import { createRequestHandler } from './connection';
import { createCredentialSource, isPrintableWord, malformedCredential } from './credentials';
import type { CredentialSource } from './credentials';
import {
  endpointFromVariables,
  ignoresConfiguredEndpoints,
  type ServiceVariable,
  type Variables
} from './endpoints';

/** One client for each service the product talks to, all for the same region and credentials. */
export interface AwsClients {
  region: string;
  s3: S3Client;
  bedrock: BedrockClient;
  /** Tries every request once: a model that is not ready must be a visible wait, not a hidden one. */
  bedrockRuntime: BedrockRuntimeClient;
  iam: IAMClient;
  sts: STSClient;
  /** S3 with the same credentials in another Region, for a bucket that is only read from. */
  s3In(region: string): S3Client;
  /** Of all these clients. */
  credentials: Pick<CredentialSource, 'fixed' | 'renew'>;
  destroy(): void;
}

export interface AwsClientsOptions {
  /** Wins over `AWS_REGION` and `AWS_DEFAULT_REGION`. */
  region?: string;
  /** @default process.env */
  env?: Variables;
}

const MAX_ATTEMPTS = 5;
/** A connection that brings no answer for so long is dead, and the request is sent again. */
const S3_TIMEOUT_MS = 60_000;
const CONTROL_TIMEOUT_MS = 60_000;
/** For `send` of CopyObject, UploadPartCopy and CompleteMultipartUpload, which S3 answers after minutes. */
export const SLOW_S3_REQUEST = { requestTimeout: 600_000 } as const;
/** A large model may take minutes until its first token. */
const RUNTIME_TIMEOUT_MS = 600_000;

/**
 * The official SDK's clients over `fetch`. Makes no request; credentials are looked up when the
 * first one is sent. Endpoints come from `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL` or the
 * AWS config file; S3 is addressed path-style when one of them is set.
 *
 * @throws BedrockImportError REGION_MISSING, REGION_INVALID, CREDENTIALS_MALFORMED
 */
export function createAwsClients(options: AwsClientsOptions = {}): AwsClients {
  const env = options.env ?? process.env;
  const region = checkRegion(options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']);
  const bearerToken = env['AWS_BEARER_TOKEN_BEDROCK'];
  if (bearerToken && !isPrintableWord(bearerToken)) {
    throw malformedCredential('AWS_BEARER_TOKEN_BEDROCK');
  }
  const credentials = createCredentialSource(env, region);
  const shared = {
    region,
    credentials,
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS
  };
  const control = { ...shared, requestHandler: createRequestHandler(CONTROL_TIMEOUT_MS) };
  const s3Endpoint = endpointSettings(env, 'S3');
  const createS3 = (ofRegion: string): S3Client => {
    const client = new S3Client({
      ...shared,
      region: ofRegion,
      ...s3Endpoint,
      requestHandler: createRequestHandler(S3_TIMEOUT_MS),
      forcePathStyle: s3Endpoint.endpoint !== undefined,
      // The defaults hash every body in JavaScript; what is copied is proved by SHA-256 anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // fetch sets its own Expect header or none, and Node's refuses one that is given.
      expectContinueHeader: false
    });
    addressPathStyleOnConfiguredEndpoint(client);
    return client;
  };
  const s3 = createS3(region);
  const others = new Map<string, S3Client>();
  const bedrock = new BedrockClient({ ...control, ...endpointSettings(env, 'BEDROCK') });
  const bedrockRuntime = new BedrockRuntimeClient({
    ...shared,
    ...endpointSettings(env, 'BEDROCK_RUNTIME'),
    maxAttempts: 1,
    requestHandler: createRequestHandler(RUNTIME_TIMEOUT_MS)
  });
  const iam = new IAMClient({ ...control, ...endpointSettings(env, 'IAM') });
  const sts = new STSClient({ ...control, ...endpointSettings(env, 'STS') });
  return {
    region,
    s3,
    bedrock,
    bedrockRuntime,
    iam,
    sts,
    credentials,
    s3In: other => {
      if (other === region) {
        return s3;
      }
      const client = others.get(other) ?? createS3(checkRegion(other));
      others.set(other, client);
      return client;
    },
    destroy: () => {
      for (const client of [s3, ...others.values(), bedrock, bedrockRuntime, iam, sts]) {
        client.destroy();
      }
    }
  };
}

/**
 * Endpoints of variables are handed over. Without one the SDK looks into the AWS config file, unless
 * it would find a variable of this process that the given ones do not hold.
 */
function endpointSettings(
  env: Variables,
  service: ServiceVariable
): { endpoint?: string; ignoreConfiguredEndpointUrls?: boolean } {
  const endpoint = endpointFromVariables(env, service);
  if (endpoint !== undefined) {
    return { endpoint };
  }
  const ownEndpoint = endpointFromVariables(process.env, service);
  return ignoresConfiguredEndpoints(env) || ownEndpoint !== undefined
    ? { ignoreConfiguredEndpointUrls: true }
    : {};
}

/** An endpoint of the config file is known only when the first request is prepared. */
function addressPathStyleOnConfiguredEndpoint(s3: S3Client): void {
  s3.middlewareStack.add(
    next => async args => {
      const { config } = s3;
      if (
        !config.isCustomEndpoint &&
        !config.ignoreConfiguredEndpointUrls &&
        (await config.serviceConfiguredEndpoint?.()) !== undefined
      ) {
        config.forcePathStyle = true;
      }
      return next(args);
    },
    { name: 'pathStyleOnConfiguredEndpoint', step: 'initialize', priority: 'high' }
  );
}

function checkRegion(region: string | undefined): string {
  if (region === undefined || region === '') {
    throw new BedrockImportError({
      code: 'REGION_MISSING',
      message: 'No AWS Region is set.',
      nextStep: 'Give a Region, or set AWS_REGION, for example to us-east-1.',
      kind: 'blocked'
    });
  }
  if (region.length > 63 || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) {
    throw new BedrockImportError({
      code: 'REGION_INVALID',
      message: `${JSON.stringify(region.slice(0, 80))} is not the name of an AWS Region.`,
      nextStep: 'Give a name such as us-east-1, without blanks or quotes.',
      kind: 'usage'
    });
  }
  return region;
}
