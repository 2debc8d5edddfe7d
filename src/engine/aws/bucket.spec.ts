import { describeBucket } from '.';
import { BedrockImportError } from '../errors';
import { startScriptedAws, type Received, type ScriptedAws } from './testing/scriptedAws';

const ACCOUNT = '123456789012';

function answerTo(request: Received): [number, Record<string, string>] {
  const bucket = request.url.split(/[/?]/)[1];
  const owner = request.headers['x-amz-expected-bucket-owner'];
  switch (bucket) {
    case 'mine':
      return [200, { 'x-amz-bucket-region': 'us-east-1' }];
    case 'old-server':
      return [200, {}];
    case 'elsewhere':
      return [200, { 'x-amz-bucket-region': 'eu-central-1' }];
    case 'redirected':
      return [301, { 'x-amz-bucket-region': 'us-west-2' }];
    case 'wrong-signing-region':
      return [400, { 'x-amz-bucket-region': 'us-west-2' }];
    case 'foreign':
      return [owner === undefined ? 200 : 403, { 'x-amz-bucket-region': 'us-east-1' }];
    case 'forbidden':
      return [403, { 'x-amz-bucket-region': 'us-east-1' }];
    case 'forbidden-elsewhere':
      return [403, { 'x-amz-bucket-region': 'ap-south-1' }];
    default:
      return [404, {}];
  }
}

describe('describeBucket', () => {
  let server: ScriptedAws;

  beforeAll(async () => {
    server = await startScriptedAws((request, response) => {
      response.writeHead(...answerTo(request));
      response.end();
    });
  });
  afterAll(() => server.close());

  async function failureOf(bucket: string, account?: string): Promise<BedrockImportError> {
    try {
      await describeBucket(server.aws, bucket, { account });
    } catch (error) {
      if (error instanceof BedrockImportError) {
        return error;
      }
      throw error;
    }
    throw new Error('It did not fail.');
  }

  it('describes a bucket of the caller', async () => {
    await expect(describeBucket(server.aws, 'mine', { account: ACCOUNT })).resolves.toEqual({
      region: 'us-east-1',
      exists: true,
      ownedByCaller: true
    });
    await expect(describeBucket(server.aws, 'old-server')).resolves.toEqual({
      region: 'us-east-1',
      exists: true
    });
  });

  it.each([
    ['elsewhere', 'eu-central-1'],
    ['redirected', 'us-west-2'],
    ['wrong-signing-region', 'us-west-2'],
    ['forbidden-elsewhere', 'ap-south-1']
  ])('names both regions of the bucket %s', async (bucket, region) => {
    const error = await failureOf(bucket);
    expect(error.code).toBe('BUCKET_OTHER_REGION');
    expect(error.kind).toBe('blocked');
    expect(error.message).toContain(region);
    expect(error.message).toContain('us-east-1');
  });

  it('tells a foreign bucket from one without permission, where it can', async () => {
    const foreign = await failureOf('foreign', ACCOUNT);
    expect(foreign.code).toBe('BUCKET_ACCESS_DENIED');
    expect(foreign.message).toContain('another AWS account');
    const forbidden = await failureOf('forbidden', ACCOUNT);
    expect(forbidden.code).toBe('BUCKET_ACCESS_DENIED');
    expect(forbidden.message).toContain('someone else, or there is no permission');
  });

  it('says that a bucket does not exist', async () => {
    expect((await failureOf('missing')).code).toBe('BUCKET_NOT_FOUND');
  });

  it.each(['s3://mine', 'mine/models', 'Mine', 'a', '..', 'a..b', '-a-', 'b\n', 'x'.repeat(64)])(
    'refuses the name %j without a request',
    async bucket => {
      server.requests.length = 0;
      expect((await failureOf(bucket)).code).toBe('BUCKET_NAME_INVALID');
      expect(server.requests).toHaveLength(0);
    }
  );

  it('stops when told to', async () => {
    const stopped = describeBucket(server.aws, 'mine', { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
