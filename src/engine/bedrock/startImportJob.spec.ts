import type { ServerResponse } from 'node:http';

import {
  createTestClock,
  sendJson,
  sendJsonError,
  startScriptedAws,
  type Received,
  type ScriptedAws
} from '../aws/testing/scriptedAws';
import { importRequestToken, startImportJob, type StartImportJobOptions, type WaitEvent } from '.';

const JOB_ARN = 'arn:aws:bedrock:us-east-1:123456789012:model-import-job/abcdefghijkl';
const REQUEST: StartImportJobOptions = {
  jobName: 'smol-1',
  importedModelName: 'smol',
  roleArn: 'arn:aws:iam::123456789012:role/BedrockImport-models',
  s3Uri: 's3://models/smol/'
};

describe('startImportJob', () => {
  let server: ScriptedAws;
  let create: (response: ServerResponse, tries: number) => void;
  let other: (request: Received, response: ServerResponse) => void;
  let tries = 0;

  beforeAll(async () => {
    server = await startScriptedAws((request, response) => {
      if (request.method === 'POST' && request.url === '/model-import-jobs') {
        tries += 1;
        create(response, tries);
      } else {
        other(request, response);
      }
    });
  });
  beforeEach(() => {
    tries = 0;
    server.requests.length = 0;
    create = response => sendJson(response, 201, { jobArn: JOB_ARN });
    other = (_request, response) =>
      sendJsonError(response, 404, 'ResourceNotFoundException', 'The job was not found.');
  });
  afterAll(() => server.close());

  const start = (options: Partial<StartImportJobOptions> = {}) =>
    startImportJob(server.aws, { clock: createTestClock(), ...REQUEST, ...options });

  it('sends the same token for the same import, and another for any other', async () => {
    await expect(start()).resolves.toEqual({ jobArn: JOB_ARN });
    await start();
    const tokens = server.requests.map(
      ({ body }) => (JSON.parse(body) as Record<string, string>)['clientRequestToken']
    );
    expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(tokens[1]).toBe(tokens[0]);
    for (const change of [
      { jobName: 'x' },
      { importedModelName: 'x' },
      { s3Uri: 's3://models/x/' }
    ]) {
      expect(await importRequestToken({ ...REQUEST, ...change })).not.toBe(tokens[0]);
    }
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      jobName: 'smol-1',
      importedModelName: 'smol',
      modelDataSource: { s3DataSource: { s3Uri: 's3://models/smol/' } }
    });
  });

  it.each<[Partial<StartImportJobOptions>, string]>([
    [{ jobName: 'a_b' }, 'IMPORT_NAME_INVALID'],
    [{ importedModelName: 'a.b' }, 'IMPORT_NAME_INVALID'],
    [{ roleArn: 'BedrockImport-models' }, 'IMPORT_ROLE_INVALID'],
    [{ roleArn: 'arn:aws:iam::123456789012:user/me' }, 'IMPORT_ROLE_INVALID'],
    [{ s3Uri: 'https://models.s3.amazonaws.com/x' }, 'IMPORT_SOURCE_INVALID'],
    [{ s3Uri: 's3://models/a b/' }, 'IMPORT_SOURCE_INVALID'],
    [{ s3Uri: 's3://models/a@main/' }, 'IMPORT_SOURCE_INVALID'],
    [{ s3Uri: 's3://models//a/' }, 'IMPORT_SOURCE_INVALID'],
    [{ s3Uri: `s3://models/${'a/'.repeat(600)}` }, 'IMPORT_SOURCE_INVALID']
  ])('refuses %j without a request', async (change, code) => {
    await expect(start(change)).rejects.toMatchObject({ code, kind: 'blocked' });
    expect(server.requests).toHaveLength(0);
  });

  it('retries the refusal of a fresh role and says so', async () => {
    create = (response, count) =>
      count < 4
        ? sendJsonError(response, 400, 'ValidationException', 'The provided role ARN is invalid')
        : sendJson(response, 201, { jobArn: JOB_ARN });
    const waits: WaitEvent[] = [];
    await expect(start({ onWait: wait => waits.push(wait) })).resolves.toEqual({ jobArn: JOB_ARN });
    expect(waits).toHaveLength(3);
    expect(waits[0]).toMatchObject({ waitedMs: 0, budgetMs: 300_000 });
    expect(waits[0]?.reason).toContain('The provided role ARN is invalid');
    expect(waits[2]?.nextTryMs).toBeGreaterThan(waits[0]?.nextTryMs ?? Infinity);
  });

  it.each([
    'Could not assume provided IAM role. Please verify that role exists.',
    'Could not validate GetObject permissions to access Amazon S3 bucket: models at key smol/config.json with role arn:aws:iam::123456789012:role/x'
  ])('takes %j for a role that is too fresh, too', async message => {
    create = (response, count) =>
      count < 2
        ? sendJsonError(response, 400, 'ValidationException', message)
        : sendJson(response, 201, { jobArn: JOB_ARN });
    await expect(start()).resolves.toEqual({ jobArn: JOB_ARN });
  });

  it('does not wait for anything else that is not valid', async () => {
    create = response =>
      sendJsonError(
        response,
        400,
        'ValidationException',
        'The Amazon S3 bucket models does not exist.'
      );
    const clock = createTestClock();
    await expect(start({ clock })).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringContaining('The Amazon S3 bucket models does not exist.')
    });
    expect(clock.slept).toEqual([]);
  });

  it('gives a refused role up after its budget', async () => {
    create = response =>
      sendJsonError(response, 400, 'ValidationException', 'The provided role ARN is invalid');
    const clock = createTestClock();
    await expect(start({ clock, roleRetryMs: 60_000 })).rejects.toMatchObject({
      code: 'IMPORT_ROLE_REFUSED',
      subject: REQUEST.roleArn
    });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(60_000);
    tries = 0;
    await expect(start({ roleRetryMs: 0 })).rejects.toMatchObject({ code: 'IMPORT_ROLE_REFUSED' });
    expect(tries).toBe(1);
  });

  it('does not wait for a permission to pass the role', async () => {
    create = response =>
      sendJsonError(
        response,
        403,
        'AccessDeniedException',
        'User: me is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/x'
      );
    const clock = createTestClock();
    await expect(start({ clock })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      nextStep: expect.stringContaining('iam:PassRole')
    });
    expect(clock.slept).toEqual([]);
  });

  it('stops waiting when told to', async () => {
    create = response =>
      sendJsonError(response, 400, 'ValidationException', 'The provided role ARN is invalid');
    const controller = new AbortController();
    const started = startImportJob(server.aws, {
      ...REQUEST,
      signal: controller.signal,
      onWait: () => controller.abort()
    });
    await expect(started).rejects.toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  });

  it('tells a taken job name from a taken model name', async () => {
    create = response =>
      sendJsonError(
        response,
        400,
        'ValidationException',
        'The provided job name is currently in use.'
      );
    await expect(start()).rejects.toMatchObject({ code: 'IMPORT_NAME_TAKEN', subject: 'smol-1' });
    create = response =>
      sendJsonError(
        response,
        400,
        'ValidationException',
        'The provided model name is currently in use.'
      );
    await expect(start()).rejects.toMatchObject({
      code: 'IMPORT_NAME_TAKEN',
      subject: 'smol',
      nextStep: expect.stringContaining('models delete smol')
    });
  });

  it('finds its own job again when the name is taken by it', async () => {
    create = response =>
      sendJsonError(
        response,
        400,
        'ValidationException',
        'The provided job name is currently in use.'
      );
    const job = {
      jobArn: JOB_ARN,
      jobName: 'smol-1',
      importedModelName: 'smol',
      roleArn: REQUEST.roleArn,
      modelDataSource: { s3DataSource: { s3Uri: REQUEST.s3Uri } },
      status: 'InProgress'
    };
    other = (_request, response) => sendJson(response, 200, job);
    await expect(start()).resolves.toEqual({ jobArn: JOB_ARN });
    other = (_request, response) => sendJson(response, 200, { ...job, status: 'Failed' });
    await expect(start()).rejects.toMatchObject({ code: 'IMPORT_NAME_TAKEN' });
  });

  it('names the job that runs, and waits for it when asked to', async () => {
    const full = 'You have reached the maximum number of concurrent import jobs.';
    create = (response, count) =>
      count < 3
        ? sendJsonError(response, 400, 'ServiceQuotaExceededException', full)
        : sendJson(response, 201, { jobArn: JOB_ARN });
    other = (request, response) => {
      expect(request.url).toContain('statusEquals=InProgress');
      sendJson(response, 200, {
        modelImportJobSummaries: [
          {
            jobArn: `${JOB_ARN}`,
            jobName: 'the-other',
            status: 'InProgress',
            creationTime: '2026-11-22T13:00:00Z'
          }
        ]
      });
    };
    await expect(start()).rejects.toMatchObject({ code: 'IMPORT_QUOTA', subject: 'the-other' });
    tries = 0;
    const waits: WaitEvent[] = [];
    await expect(
      start({ waitForQuotaMs: 600_000, onWait: wait => waits.push(wait) })
    ).resolves.toEqual({ jobArn: JOB_ARN });
    expect(waits[0]?.reason).toContain('the-other');
    expect(waits).toHaveLength(2);
  });

  it('tries again when the other import has ended before it could be seen', async () => {
    create = (response, number) =>
      number === 1
        ? sendJsonError(response, 400, 'ServiceQuotaExceededException', 'Too many running jobs.')
        : sendJson(response, 201, { jobArn: JOB_ARN });
    other = (_request, response) => sendJson(response, 200, { modelImportJobSummaries: [] });
    await expect(start({ waitForQuotaMs: 600_000 })).resolves.toEqual({ jobArn: JOB_ARN });
  });

  it('does not wait for ever for a quota whose reason it cannot see', async () => {
    create = response =>
      sendJsonError(response, 400, 'ServiceQuotaExceededException', 'Too many running jobs.');
    other = (_request, response) => sendJsonError(response, 403, 'AccessDeniedException', 'No.');
    await expect(start({ waitForQuotaMs: 1e9 })).rejects.toMatchObject({ code: 'IMPORT_QUOTA' });
    expect(tries).toBe(4);
  });

  it('does not wait for a quota that nothing frees', async () => {
    create = response =>
      sendJsonError(response, 400, 'ServiceQuotaExceededException', 'Too many imported models.');
    other = (_request, response) => sendJson(response, 200, { modelImportJobSummaries: [] });
    await expect(start({ waitForQuotaMs: 600_000 })).rejects.toMatchObject({
      code: 'IMPORT_QUOTA',
      message: expect.stringContaining('Too many imported models.')
    });
  });

  it('sends the same token again after a lost answer', async () => {
    const broken = await startScriptedAws((_request, response, raw) => {
      if (broken.requests.length === 1) {
        raw.socket.destroy();
      } else {
        sendJson(response, 201, { jobArn: JOB_ARN });
      }
    });
    await expect(startImportJob(broken.aws, REQUEST)).resolves.toEqual({ jobArn: JOB_ARN });
    await broken.close();
    expect(new Set(broken.requests.map(request => request.body)).size).toBe(1);
    expect(broken.requests).toHaveLength(2);
  });
});
