import { startSandbox, type StartedSandbox } from '../../sandbox/testing';
import { createAwsClients, createBucket, describeBucket, listBuckets } from '.';
import { rejectedBy } from '../testing/thrownBy';
import { startScriptedAws, type ScriptedAws } from './testing/scriptedAws';
import type { AwsClients } from './clients';

describe('buckets of the sandbox', () => {
  let sandbox: StartedSandbox;
  let aws: AwsClients;

  beforeAll(async () => {
    sandbox = await startSandbox();
    aws = createAwsClients({ env: sandbox.env });
  });

  afterAll(async () => {
    aws.destroy();
    await sandbox.stop();
  });

  it('are listed, made once, and found then', async () => {
    const before = await listBuckets(aws);
    expect(before).toContain(sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET']);
    await createBucket(aws, 'a-new-bucket');
    expect(await listBuckets(aws)).toEqual([...before, 'a-new-bucket'].sort());
    expect(await describeBucket(aws, 'a-new-bucket')).toMatchObject({ exists: true });
  });

  it.each(['', 'UPPER', 's3://bucket', 'a/b', '1.2.3.4'])('is not made as %j', async name => {
    expect(await rejectedBy(createBucket(aws, name))).toMatchObject({
      code: 'BUCKET_NAME_INVALID',
      kind: 'usage'
    });
  });
});

describe('buckets of an S3 that refuses', () => {
  let server: ScriptedAws;

  async function refusing(status: number, code: string): Promise<AwsClients> {
    server = await startScriptedAws((_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>No.</Message></Error>`);
    });
    return server.aws;
  }

  afterEach(() => server.close());

  it.each([
    [409, 'BucketAlreadyExists', 'BUCKET_NAME_TAKEN'],
    [409, 'BucketAlreadyOwnedByYou', 'BUCKET_EXISTS'],
    [403, 'AccessDenied', 'ACCESS_DENIED']
  ])('are not made: %i %s', async (status, code, expected) => {
    const aws = await refusing(status, code);
    expect(await rejectedBy(createBucket(aws, 'some-bucket'))).toMatchObject({ code: expected });
  });

  it('are not listed', async () => {
    const aws = await refusing(403, 'AccessDenied');
    expect(await rejectedBy(listBuckets(aws))).toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

it('says the Region of a new bucket, but not the first one’s', async () => {
  const server = await startScriptedAws((_, response) => {
    response.writeHead(200).end();
  });
  const elsewhere = createAwsClients({ env: server.env, region: 'eu-central-1' });
  try {
    await createBucket(server.aws, 'first-bucket');
    await createBucket(elsewhere, 'second-bucket');
    const [first, second] = server.requests.map(({ body }) => body);
    expect(first).toBe('');
    expect(second).toContain('<LocationConstraint>eu-central-1</LocationConstraint>');
  } finally {
    elsewhere.destroy();
    await server.close();
  }
});
