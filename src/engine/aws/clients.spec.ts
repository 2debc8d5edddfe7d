import { ListModelImportJobsCommand } from '@aws-sdk/client-bedrock';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { createAwsClients, endpointFromVariables, toAwsError } from '.';
import { thrownBy } from '../testing/thrownBy';
import { BedrockImportError } from '../errors';
import { sendJson, startScriptedAws, type ScriptedAws } from './testing/scriptedAws';

const IDENTITY =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

async function failureOf(work: Promise<unknown>): Promise<BedrockImportError> {
  try {
    await work;
  } catch (error) {
    return toAwsError(error, { action: 'test:Action' });
  }
  throw new Error('It did not fail.');
}

describe('createAwsClients', () => {
  let server: ScriptedAws;
  let failuresLeft = 0;

  beforeAll(async () => {
    server = await startScriptedAws((request, response, raw) => {
      if (failuresLeft > 0) {
        failuresLeft -= 1;
        raw.socket.destroy();
      } else if (request.body.includes('GetCallerIdentity')) {
        response.writeHead(200, { 'content-type': 'text/xml' });
        response.end(IDENTITY);
      } else if (request.url.startsWith('/model-import-jobs')) {
        sendJson(response, 200, { modelImportJobSummaries: [] });
      } else if (request.method === 'PUT') {
        response.writeHead(200, { etag: '"e"' });
        response.end();
      } else {
        response.end('the object');
      }
    });
  });
  beforeEach(() => {
    failuresLeft = 0;
    server.requests.length = 0;
  });
  afterAll(() => server.close());

  it('addresses S3 path-style on a custom endpoint, presigned URLs too', async () => {
    const command = new GetObjectCommand({ Bucket: 'models', Key: 'a b/c+d.json' });
    const answer = await server.aws.s3.send(command);
    await expect(answer.Body?.transformToString()).resolves.toBe('the object');
    expect(server.requests[0]?.url.split('?')[0]).toBe('/models/a%20b/c%2Bd.json');
    expect(server.requests[0]?.headers.authorization).toContain('/us-east-1/s3/aws4_request');
    const signed = await getSignedUrl(server.aws.s3, command);
    expect(signed.startsWith(`${server.url}/models/a%20b/c%2Bd.json?`)).toBe(true);
  });

  it('uses virtual-hosted addresses where no endpoint is set', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
    const aws = createAwsClients({ region: 'eu-central-1', env });
    const signed = await getSignedUrl(aws.s3, new GetObjectCommand({ Bucket: 'models', Key: 'k' }));
    expect(new URL(signed).host).toBe('models.s3.eu-central-1.amazonaws.com');
    aws.destroy();
  });

  it('reaches Bedrock and STS through the same endpoint', async () => {
    const identity = await server.aws.sts.send(new GetCallerIdentityCommand({}));
    expect(identity.Account).toBe('123456789012');
    const jobs = await server.aws.bedrock.send(new ListModelImportJobsCommand({}));
    expect(jobs.modelImportJobSummaries).toEqual([]);
    expect(server.requests.map(request => request.headers.authorization?.split('/')[3])).toEqual([
      'sts',
      'bedrock'
    ]);
  });

  it('sends a body with neither a checksum nor an Expect header of its own', async () => {
    const body = new Uint8Array(3_000_000);
    await server.aws.s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'k', Body: body }));
    const [request] = server.requests;
    expect(request?.body.length).toBe(body.length);
    expect(request?.headers['content-length']).toBe('3000000');
    expect(Object.keys(request?.headers ?? {}).filter(name => name.includes('checksum'))).toEqual(
      []
    );
    expect(request?.headers.expect).toBeUndefined();
  });

  it('tries again after broken connections, but not for ever', async () => {
    failuresLeft = 2;
    const answer = await server.aws.s3.send(new GetObjectCommand({ Bucket: 'models', Key: 'k' }));
    await expect(answer.Body?.transformToString()).resolves.toBe('the object');
    expect(server.requests).toHaveLength(3);
    server.requests.length = 0;
    failuresLeft = 1000;
    const error = await failureOf(server.aws.sts.send(new GetCallerIdentityCommand({})));
    expect(error.code).toBe('NETWORK');
    expect(server.requests).toHaveLength(5);
  });

  it('says what could not be reached', async () => {
    const aws = createAwsClients({
      env: { ...server.env, AWS_ENDPOINT_URL: 'http://nowhere.invalid' }
    });
    const error = await failureOf(aws.sts.send(new GetCallerIdentityCommand({})));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toContain('nowhere.invalid');
    aws.destroy();
  });

  it.each([
    ['AWS_ACCESS_KEY_ID', 'AKIDSCRIPTED\n'],
    ['AWS_SECRET_ACCESS_KEY', 'very secret'],
    ['AWS_SECRET_ACCESS_KEY', 'verysecret\r\nX-Injected: 1'],
    ['AWS_SESSION_TOKEN', 't0ken\u00a0t0ken']
  ])('neither sends nor shows a malformed %s', async (name, value) => {
    const aws = createAwsClients({ env: { ...server.env, [name]: value } });
    const error = await failureOf(aws.sts.send(new GetCallerIdentityCommand({})));
    expect(error.code).toBe('CREDENTIALS_MALFORMED');
    expect(error.kind).toBe('blocked');
    expect(inspect(error)).not.toContain(value.trim().split(/\s/)[0]);
    expect(server.requests).toHaveLength(0);
    aws.destroy();
  });

  it('refuses a malformed Bedrock API key before it is used', () => {
    const env = { ...server.env, AWS_BEARER_TOKEN_BEDROCK: 'bedrock-key\n' };
    const error = thrownBy(() => createAwsClients({ env }));
    expect(error.code).toBe('CREDENTIALS_MALFORMED');
    expect(inspect(error)).not.toContain('bedrock-key');
  });

  it('wants a region that can be one', () => {
    expect(thrownBy(() => createAwsClients({ env: {} })).code).toBe('REGION_MISSING');
    expect(thrownBy(() => createAwsClients({ env: { AWS_REGION: '' } })).code).toBe(
      'REGION_MISSING'
    );
    for (const region of ['us-east-1\n', 'evil.example/', 'US-EAST-1', '-', 'a'.repeat(64)]) {
      expect(thrownBy(() => createAwsClients({ region, env: {} })).code).toBe('REGION_INVALID');
    }
    expect(createAwsClients({ env: { AWS_DEFAULT_REGION: 'us-west-2' } }).region).toBe('us-west-2');
  });

  it('stops a running request when its signal aborts', async () => {
    const slow = await startScriptedAws((_request, response) => {
      response.writeHead(200);
      response.write('half');
    });
    const controller = new AbortController();
    const answer = await slow.aws.s3.send(new GetObjectCommand({ Bucket: 'models', Key: 'k' }), {
      abortSignal: controller.signal
    });
    const reading = failureOf(answer.Body?.transformToString() ?? Promise.resolve());
    controller.abort();
    const error = await reading;
    await slow.close();
    expect(error.code).toBe('CANCELLED');
  });
});

describe('the AWS config file', () => {
  const names = [
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_PROFILE'
  ];
  const before = names.map(name => process.env[name]);
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-config-'));
    process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    delete process.env['AWS_PROFILE'];
    await writeFile(
      join(folder, 'config'),
      [
        '[default]',
        'credential_process = sh -c "echo process-secret; exit 3"',
        '[profile custom]',
        'endpoint_url = http://127.0.0.1:1234',
        'aws_access_key_id = AKIDFILE',
        'aws_secret_access_key = from-file'
      ].join('\n')
    );
  });
  afterAll(async () => {
    names.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    });
    await rm(folder, { recursive: true });
  });

  it('says that a credential program failed, without what it wrote', async () => {
    const aws = createAwsClients({ region: 'us-east-1', env: {} });
    const error = await failureOf(aws.sts.send(new GetCallerIdentityCommand({})));
    expect(error.code).toBe('CREDENTIALS_MISSING');
    expect(error.message).toContain('credential_process');
    expect(inspect(error)).not.toContain('process-secret');
    aws.destroy();
  });

  it('is read again when credentials are renewed, by all clients', async () => {
    const keys = (id: string): Promise<void> =>
      writeFile(
        join(folder, 'credentials'),
        `[rolling]\naws_access_key_id = ${id}\naws_secret_access_key = s\naws_session_token = t\n`
      );
    const before = await readFile(join(folder, 'credentials'), 'utf8').catch(() => '');
    const aws = createAwsClients({ region: 'us-east-1', env: { AWS_PROFILE: 'rolling' } });
    const signedBy = async (): Promise<string | null> =>
      new URL(
        await getSignedUrl(aws.s3, new GetObjectCommand({ Bucket: 'models', Key: 'k' }))
      ).searchParams.get('X-Amz-Credential');
    try {
      await keys('AKIDFIRST');
      expect(await signedBy()).toContain('AKIDFIRST');
      await keys('AKIDSECOND');
      expect(await signedBy()).toContain('AKIDFIRST');
      expect(aws.credentials.fixed).toBe(false);
      expect(await aws.credentials.renew()).toBe(true);
      expect(await signedBy()).toContain('AKIDSECOND');
      expect(await aws.credentials.renew()).toBe(false);
      await writeFile(join(folder, 'credentials'), '');
      expect(await aws.credentials.renew()).toBe(false);
      expect(await signedBy()).toContain('AKIDSECOND');
    } finally {
      await writeFile(join(folder, 'credentials'), before);
      aws.destroy();
    }
  });

  it('is where an endpoint may come from, path-style then, too', async () => {
    process.env['AWS_PROFILE'] = 'custom';
    const command = new GetObjectCommand({ Bucket: 'models', Key: 'k' });
    const aws = createAwsClients({ region: 'us-east-1', env: { AWS_PROFILE: 'custom' } });
    const signed = new URL(await getSignedUrl(aws.s3, command));
    expect(`${signed.host}${signed.pathname}`).toBe('127.0.0.1:1234/models/k');
    expect(signed.searchParams.get('X-Amz-Credential')).toContain('AKIDFILE');
    aws.destroy();
    const off = createAwsClients({
      region: 'us-east-1',
      env: { AWS_PROFILE: 'custom', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
    });
    expect(new URL(await getSignedUrl(off.s3, command)).host).toBe(
      'models.s3.us-east-1.amazonaws.com'
    );
    off.destroy();
  });
});

describe('endpointFromVariables', () => {
  it('prefers the service over the general variable, and can be turned off', () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://general',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://own'
    };
    expect(endpointFromVariables(env, 'BEDROCK_RUNTIME')).toBe('http://own');
    expect(endpointFromVariables(env, 'BEDROCK')).toBe('http://general');
    expect(endpointFromVariables({}, 'S3')).toBeUndefined();
    expect(endpointFromVariables({ AWS_ENDPOINT_URL: '' }, 'S3')).toBeUndefined();
    const off = { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    expect(endpointFromVariables(off, 'S3')).toBeUndefined();
  });
});
