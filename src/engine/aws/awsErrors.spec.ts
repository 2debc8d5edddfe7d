import { ListModelImportJobsCommand } from '@aws-sdk/client-bedrock';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ServerResponse } from 'node:http';

import { toAwsError, withoutSecrets } from '.';
import { BedrockImportError, cancelledError } from '../errors';
import {
  sendJsonError,
  sendQueryError,
  sendS3Error,
  startScriptedAws,
  type ScriptedAws
} from './testing/scriptedAws';

type Service = 's3' | 'iam' | 'bedrock';

const CANONICAL =
  "The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been 'POST\nx-amz-security-token:FwoSECRETTOKEN\nAWS4-HMAC-SHA256'";

describe('toAwsError', () => {
  let server: ScriptedAws;
  let answer: (response: ServerResponse) => void = response => response.end();

  beforeAll(async () => {
    server = await startScriptedAws((_request, response) => answer(response));
  });
  afterAll(() => server.close());

  async function call(service: Service): Promise<BedrockImportError> {
    const { s3, iam, bedrock } = server.aws;
    const calls = {
      s3: () => s3.send(new ListObjectsV2Command({ Bucket: 'models' })),
      iam: () => iam.send(new ListRolesCommand({})),
      bedrock: () => bedrock.send(new ListModelImportJobsCommand({}))
    };
    try {
      await calls[service]();
    } catch (error) {
      return toAwsError(error, { action: 'test:Action', subject: 'the-subject' });
    }
    throw new Error('It did not fail.');
  }

  it.each<[Service, number, string, string, string]>([
    ['s3', 400, 'ExpiredToken', 'The provided token has expired.', 'CREDENTIALS_EXPIRED'],
    [
      'bedrock',
      403,
      'ExpiredTokenException',
      'The security token included in the request is expired',
      'CREDENTIALS_EXPIRED'
    ],
    [
      's3',
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      'CREDENTIALS_REJECTED'
    ],
    ['s3', 403, 'SignatureDoesNotMatch', CANONICAL, 'CREDENTIALS_REJECTED'],
    ['iam', 403, 'SignatureDoesNotMatch', CANONICAL, 'CREDENTIALS_REJECTED'],
    [
      'iam',
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      'CREDENTIALS_REJECTED'
    ],
    ['bedrock', 403, 'InvalidSignatureException', CANONICAL, 'CREDENTIALS_REJECTED'],
    [
      'bedrock',
      403,
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      'CREDENTIALS_REJECTED'
    ],
    [
      's3',
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      'CREDENTIALS_REJECTED'
    ],
    ['s3', 403, 'AccessDenied', 'Access Denied', 'ACCESS_DENIED'],
    [
      'iam',
      403,
      'AccessDenied',
      'User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:ListRoles on resource: *',
      'ACCESS_DENIED'
    ],
    [
      'bedrock',
      403,
      'AccessDeniedException',
      'User: me is not authorized to perform: iam:PassRole on resource: r',
      'ACCESS_DENIED'
    ],
    ['s3', 404, 'NoSuchBucket', 'The specified bucket does not exist', 'BUCKET_NOT_FOUND'],
    [
      's3',
      400,
      'AuthorizationHeaderMalformed',
      "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
      'BUCKET_OTHER_REGION'
    ],
    [
      's3',
      301,
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint.',
      'BUCKET_OTHER_REGION'
    ],
    ['bedrock', 400, 'ValidationException', 'nextToken is not valid', 'AWS_ERROR'],
    ['s3', 400, 'InvalidArgument', 'Argument maxKeys must be an integer', 'AWS_ERROR']
  ])('reads a %s answer %i %s', async (service, status, name, message, code) => {
    const send = { s3: sendS3Error, iam: sendQueryError, bedrock: sendJsonError }[service];
    answer = response => send(response, status, name, message);
    const error = await call(service);
    expect(error.code).toBe(code);
    expect(error.subject).toBe('the-subject');
    expect(error.nextStep).not.toBe('');
    expect(`${error.message} ${error.nextStep}`).not.toMatch(/SECRETTOKEN|HMAC|undefined|\n/);
  });

  it('names the permission and passes on what IAM says', async () => {
    const said =
      'User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:PassRole on resource: arn:r';
    answer = response => sendJsonError(response, 403, 'AccessDeniedException', said);
    const error = await call('bedrock');
    expect(error.message).toContain(said);
    expect(error.nextStep).toContain('Allow iam:PassRole');
  });

  it('names the region of a bucket that is elsewhere', async () => {
    answer = response =>
      sendS3Error(response, 301, 'PermanentRedirect', 'elsewhere', {
        'x-amz-bucket-region': 'eu-central-1'
      });
    expect((await call('s3')).message).toContain('eu-central-1');
  });

  it('gives up on throttling after the same number of tries as on anything else', async () => {
    server.requests.length = 0;
    answer = response => sendS3Error(response, 503, 'SlowDown', 'Please reduce your request rate.');
    expect((await call('s3')).code).toBe('THROTTLED');
    expect(server.requests).toHaveLength(5);
  });

  it.each<[string, Service, number, string]>([
    ['an HTML page of a proxy', 'bedrock', 511, '<!DOCTYPE html><html>Log in first</html>'],
    ['an HTML page of a proxy', 's3', 511, '<!DOCTYPE html><html>Log in first</html>'],
    ['an HTML page of a proxy', 'iam', 511, '<!DOCTYPE html><html>Log in first</html>'],
    ['an HTML page instead of the answer', 'bedrock', 200, '<html>Welcome to the hotel</html>'],
    ['half an answer', 'bedrock', 200, '{"modelImportJobSummaries": [{"jobArn": "arn:aws'],
    ['an empty failure', 'bedrock', 502, ''],
    ['an empty failure', 's3', 502, '']
  ])('makes one clear error of %s (%s)', async (_name, service, status, body) => {
    answer = response => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(body);
    };
    const error = await call(service);
    expect(error.code).toBe('AWS_ERROR');
    expect(error.message).not.toMatch(/<html|hidden field|undefined/i);
  });

  it('lets our own errors and cancellations through', () => {
    const own = cancelledError('x');
    expect(toAwsError(own, { action: 'a' })).toBe(own);
    expect(toAwsError(new Error('wrapped', { cause: own }), { action: 'a' })).toBe(own);
    const aborted = Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    expect(toAwsError(aborted, { action: 'a' }).kind).toBe('cancelled');
    expect(toAwsError('odd', { action: 'a' }).code).toBe('AWS_ERROR');
  });

  it('tells how to give credentials where there are none', () => {
    const missing = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError'
    });
    expect(toAwsError(missing, { action: 'a' }).code).toBe('CREDENTIALS_MISSING');
    const sso = Object.assign(
      new Error('The SSO session associated with this profile has expired.'),
      {
        name: 'CredentialsProviderError'
      }
    );
    expect(toAwsError(sso, { action: 'a' }).code).toBe('CREDENTIALS_EXPIRED');
  });

  it('reads the network failures of Deno, whose messages hold the URL', () => {
    const deno = new TypeError(
      'error sending request for url (https://b.s3.amazonaws.com/k?X-Amz-Signature=5ec2e7): client error (Connect): tcp connect error: Connection refused (os error 111)'
    );
    const error = toAwsError(deno, { action: 'a' });
    expect(error.code).toBe('NETWORK');
    expect(error.message).not.toContain('5ec2e7');
    const tls = new TypeError('client error (Connect): invalid peer certificate: UnknownIssuer');
    expect(toAwsError(tls, { action: 'a' }).nextStep).toContain('CA file');
  });
});

describe('withoutSecrets', () => {
  it('keeps the sense and drops what opens doors', () => {
    const text = withoutSecrets(
      'bad AKIAIOSFODNN7EXAMPLE at https://h/k?X-Amz-Signature=abc&X-Amz-Credential=c%2Fd&partNumber=3 Bearer eyJx hf_abcdefghijkl\r\nnext'
    );
    expect(text).toContain('partNumber=3');
    expect(text).toContain('next');
    expect(text).not.toMatch(/AKIA|abc|c%2Fd|eyJx|hf_a|\n/);
  });

  it('bounds what it shows and the time that takes', () => {
    expect(withoutSecrets('x'.repeat(5_000_000)).length).toBeLessThan(700);
  });
});
