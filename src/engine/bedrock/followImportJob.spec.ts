import type { ServerResponse } from 'node:http';

import {
  createTestClock,
  sendJson,
  sendJsonError,
  startScriptedAws,
  type Received,
  type ScriptedAws
} from '../aws/testing/scriptedAws';
import {
  deleteImportedModel,
  followImportJob,
  getImportedModel,
  listImportedModels,
  listImportJobs,
  type ImportJob
} from '.';

const JOB_ARN = 'arn:aws:bedrock:us-east-1:123456789012:model-import-job/abcdefghijkl';
const MODEL_ARN = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
const JOB = { jobArn: JOB_ARN, jobName: 'smol-1', importedModelName: 'smol', status: 'InProgress' };
const DONE = { ...JOB, status: 'Completed', importedModelArn: MODEL_ARN };

let server: ScriptedAws;
let answer: (request: Received, response: ServerResponse, count: number) => void;
let count = 0;

beforeAll(async () => {
  server = await startScriptedAws((request, response) => {
    count += 1;
    answer(request, response, count);
  });
});
beforeEach(() => {
  count = 0;
  server.requests.length = 0;
});
afterAll(() => server.close());

describe('followImportJob', () => {
  it('asks until the job is completed, more and more rarely', async () => {
    answer = (_request, response, n) => sendJson(response, 200, n < 12 ? JOB : DONE);
    const clock = createTestClock();
    const seen: Array<[ImportJob['status'], number]> = [];
    const job = await followImportJob(server.aws, JOB_ARN, {
      clock,
      onStatus: (status, elapsedMs) => seen.push([status.status, elapsedMs])
    });
    expect(job).toMatchObject({ status: 'Completed', importedModelArn: MODEL_ARN });
    expect(seen).toHaveLength(12);
    expect(seen[0]).toEqual(['InProgress', 0]);
    expect(clock.slept[0]).toBe(2_000);
    expect(clock.slept.at(-1)).toBe(30_000);
    expect(seen.at(-1)?.[1]).toBe(clock.slept.reduce((sum, ms) => sum + ms, 0));
  });

  it.each([
    ['AccessDenied: the role cannot read s3://models/smol/config.json', 'policies'],
    ['The model architecture BertForMaskedLM is not supported.', 'supported architecture'],
    ['Shard model-00002-of-00003.safetensors is missing.', 'Run the copy again'],
    ['Something unheard of.', 'new job name']
  ])('passes on the failure message %j word for word', async (failureMessage, step) => {
    answer = (_request, response) =>
      sendJson(response, 200, { ...JOB, status: 'Failed', failureMessage });
    await expect(followImportJob(server.aws, JOB_ARN)).rejects.toMatchObject({
      code: 'IMPORT_FAILED',
      message: expect.stringContaining(failureMessage),
      nextStep: expect.stringContaining(step)
    });
  });

  it('ends at its time limit and says that the job does not', async () => {
    answer = (_request, response) => sendJson(response, 200, JOB);
    const clock = createTestClock();
    const following = followImportJob(server.aws, JOB_ARN, { clock, timeLimitMs: 600_000 });
    await expect(following).rejects.toMatchObject({
      code: 'IMPORT_TIME_LIMIT',
      message: expect.stringContaining('10 min')
    });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(600_000);
  });

  it('bears failures that pass, and a job that is not known yet', async () => {
    const script: Array<(response: ServerResponse) => void> = [
      response => sendJsonError(response, 404, 'ResourceNotFoundException', 'No such job'),
      response => sendJson(response, 200, JOB),
      response => sendJsonError(response, 400, 'ThrottlingException', 'Rate exceeded'),
      response => response.end('<html>proxy</html>'),
      response => response.destroy(),
      response => sendJson(response, 200, DONE)
    ];
    let step = 0;
    const asked = (): number => Math.min(step, script.length - 1);
    answer = (_request, response) => {
      script[asked()]?.(response);
    };
    const reasons: string[] = [];
    const job = await followImportJob(server.aws, JOB_ARN, {
      clock: {
        ...createTestClock(),
        sleep: async () => {
          step += 1;
        }
      },
      onWait: wait => reasons.push(wait.reason)
    });
    expect(job.status).toBe('Completed');
    expect(reasons).toHaveLength(4);
  });

  it('gives up when the outage lasts, or when waiting cannot help', async () => {
    answer = (_request, response) =>
      sendJsonError(response, 503, 'ServiceUnavailableException', 'down');
    const clock = createTestClock();
    await expect(
      followImportJob(server.aws, JOB_ARN, { clock, outageMs: 8_000 })
    ).rejects.toMatchObject({ code: 'AWS_ERROR' });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(8_000);
    answer = (_request, response) =>
      sendJsonError(response, 403, 'ExpiredTokenException', 'expired');
    await expect(followImportJob(server.aws, JOB_ARN)).rejects.toMatchObject({
      code: 'CREDENTIALS_EXPIRED'
    });
  });

  it('stops at once when told to', async () => {
    answer = (_request, response) => sendJson(response, 200, JOB);
    const controller = new AbortController();
    const following = followImportJob(server.aws, JOB_ARN, {
      signal: controller.signal,
      onStatus: () => controller.abort()
    });
    await expect(following).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('lists and single models', () => {
  it('reads every page, once', async () => {
    answer = (request, response) => {
      const second = request.url.includes('nextToken=two');
      const jobs = { modelImportJobSummaries: [{ ...JOB, jobName: second ? 'b' : 'a' }] };
      const models = { modelSummaries: [{ modelArn: MODEL_ARN, modelName: second ? 'b' : 'a' }] };
      sendJson(response, 200, {
        ...(request.url.startsWith('/model-import-jobs') ? jobs : models),
        ...(second ? {} : { nextToken: 'two' })
      });
    };
    expect((await listImportJobs(server.aws)).map(job => job.jobName)).toEqual(['a', 'b']);
    const models = await listImportedModels(server.aws, { nameContains: 'x' });
    expect(models.map(model => model.modelName)).toEqual(['a', 'b']);
    expect(server.requests.at(-1)?.url).toContain('nameContains=x');
  });

  it('does not turn round for ever when a server repeats its token', async () => {
    answer = (_request, response) =>
      sendJson(response, 200, { modelImportJobSummaries: [JOB], nextToken: 'same' });
    expect((await listImportJobs(server.aws)).length).toBeLessThan(4);
  });

  it('reads what a model is billed as', async () => {
    answer = (_request, response) =>
      sendJson(response, 200, {
        modelArn: MODEL_ARN,
        modelName: 'smol',
        instructSupported: true,
        customModelUnits: { customModelUnitsPerModelCopy: 1, customModelUnitsVersion: '1.0' },
        modelDataSource: { s3DataSource: { s3Uri: 's3://models/smol/' } }
      });
    await expect(getImportedModel(server.aws, 'smol')).resolves.toEqual({
      modelArn: MODEL_ARN,
      modelName: 'smol',
      instructSupported: true,
      s3Uri: 's3://models/smol/',
      customModelUnits: { perModelCopy: 1, version: '1.0' }
    });
  });

  it('says that a model does not exist, is elsewhere or is in use', async () => {
    answer = (_request, response) =>
      sendJsonError(response, 404, 'ResourceNotFoundException', 'not found');
    await expect(getImportedModel(server.aws, 'gone')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND'
    });
    await expect(deleteImportedModel(server.aws, MODEL_ARN)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND'
    });
    count = 0;
    await expect(
      deleteImportedModel(server.aws, MODEL_ARN.replace('us-east-1', 'us-west-2'))
    ).rejects.toMatchObject({ code: 'MODEL_OTHER_REGION' });
    expect(count).toBe(0);
    answer = (_request, response) => sendJsonError(response, 409, 'ConflictException', 'in use');
    await expect(deleteImportedModel(server.aws, MODEL_ARN)).rejects.toMatchObject({
      code: 'MODEL_IN_USE'
    });
    answer = (_request, response) => sendJson(response, 200, {});
    await expect(deleteImportedModel(server.aws, MODEL_ARN)).resolves.toBeUndefined();
    expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE' });
  });
});
