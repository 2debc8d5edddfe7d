import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';

import {
  answerNews,
  askImportedModel,
  createBucket,
  ENGINE_FAILURE,
  followJob,
  getDisk,
  getIdentity,
  getJob,
  getMachine,
  getStorage,
  hello,
  HELLO_NEEDED,
  inspectModel,
  jobEvent,
  jobsChanged,
  listBuckets,
  listImportedModels,
  listJobs,
  listRoles,
  planRemove,
  RELOAD_NEEDED,
  removeJob,
  resumeJob,
  reviewImport,
  searchModels,
  startImport
} from '../../protocol';
import type { AnswerNews, JobEvent, JobFact } from '../../protocol';
import { JobStore } from '../jobs';
import { MODEL, startJobTrial } from '../jobs/testing/jobTrial';
import type { JobTrial } from '../jobs/testing/jobTrial';
import { runServer } from './runServer';
import { openPage } from './testing/testPage';
import type { EngineEnd, TestPage } from './testing/testPage';

let trial: JobTrial;
let stateDirectory: string;
let engine: EngineEnd & { stop(): Promise<void>; lines: string[]; logged: string[] };
let page: TestPage;

beforeAll(async () => {
  trial = await startJobTrial();
});

afterAll(() => trial.stop());

beforeEach(async () => {
  ({ stateDirectory } = await trial.newStore());
  engine = startEngine();
  page = await openPage(engine);
});

afterEach(() => engine.stop());

function startEngine(resume = false): typeof engine {
  const input = new PassThrough();
  const output = new PassThrough();
  const lines: string[] = [];
  const logged: string[] = [];
  const { context } = trial;
  const running = runServer({
    input,
    output,
    log: message => logged.push(message),
    resume,
    createContext: async () => ({
      environment: { ...context.environment, stateDirectory },
      hub: context.hub,
      aws: context.aws
    })
  });
  const reader = createInterface({ input: output });
  reader.on('line', line => lines.push(line));
  return {
    lines,
    logged,
    send: line => input.write(`${line}\n`),
    onLine: listener => {
      reader.on('line', listener);
      return () => reader.off('line', listener);
    },
    stop: async () => {
      input.end();
      await running;
    }
  };
}

async function importOnce(from: TestPage): Promise<string> {
  const { bucket, roleArn } = trial.options;
  const review = await from.connection.sendRequest(reviewImport, { model: MODEL, bucket, roleArn });
  const { jobId } = await from.connection.sendRequest(startImport, {
    reviewId: review.reviewId,
    ask: 'Hello?'
  });
  return jobId;
}

/** Resolves when the engine has told the server something. */
async function told(text: string): Promise<void> {
  while (!engine.lines.some(line => line.includes(text))) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function follow(from: TestPage, id: string): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  const listening = from.connection.onNotification(jobEvent, news => {
    if (news.id === id) {
      events.push(news.event);
    }
  });
  await from.connection.sendRequest(followJob, { id });
  listening.dispose();
  return events;
}

describe('a page', () => {
  it('sees the machine, its disk and whose credentials it has', async () => {
    const { connection } = page;
    expect(await connection.sendRequest(getMachine)).toMatchObject({
      host: 'plain-jupyter',
      hasHubToken: true,
      customEndpoints: true,
      hubEndpoint: expect.stringMatching(/^http/),
      awsEndpoints: expect.arrayContaining([{ service: 'AWS', url: expect.any(String) }])
    });
    const disk = await connection.sendRequest(getDisk);
    expect(disk.totalBytes).toBeGreaterThan(disk.availableBytes);
    expect(await connection.sendRequest(getIdentity)).toMatchObject({ account: '123456789012' });
    expect(await connection.sendRequest(getStorage)).toMatchObject({
      trash: { items: expect.any(Number), bytes: expect.any(Number) },
      hubCache: { path: expect.stringContaining('/'), onRootDisk: expect.any(Boolean) }
    });
  });

  it('sees what a model is, and no secret', async () => {
    const facts = await page.connection.sendRequest(inspectModel, { model: MODEL });
    expect(facts).toMatchObject({ id: MODEL, commitSha: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(facts.taken.length).toBeGreaterThan(0);
    expect(facts.disk.requiredBytes).toBeGreaterThan(2e9);
    expect(engine.lines.join()).not.toContain(trial.env['HF_TOKEN']);
  });

  it('gets a failure in the user’s words', async () => {
    await expect(
      page.connection.sendRequest(inspectModel, { model: 'nobody/nothing' })
    ).rejects.toMatchObject({
      code: ENGINE_FAILURE,
      data: { code: 'HUB_NOT_FOUND', nextStep: expect.any(String), kind: 'failed' }
    });
  });

  it('finds models, sees buckets and makes one', async () => {
    const { connection } = page;
    const found = await connection.sendRequest(searchModels, { query: 'tiny' });
    expect(found.map(({ id }) => id)).toEqual([MODEL]);
    expect(await connection.sendRequest(listBuckets)).toContain(trial.options.bucket);
    await connection.sendRequest(createBucket, { bucket: 'made-by-a-page' });
    expect(await connection.sendRequest(listBuckets)).toContain('made-by-a-page');
    await expect(
      connection.sendRequest(createBucket, { bucket: 'No Bucket' })
    ).rejects.toMatchObject({ data: { code: 'BUCKET_NAME_INVALID' } });
  });

  it('sees roles that Bedrock can take', async () => {
    const roles = await page.connection.sendRequest(listRoles);
    expect(roles.map(({ arn }) => arn)).toContain(trial.options.roleArn);
  });

  it('has to say hello first, in the same version', async () => {
    const stranger = await openPage(engine, { greet: false });
    await expect(stranger.connection.sendRequest(listJobs)).rejects.toMatchObject({
      code: HELLO_NEEDED
    });
    await expect(
      stranger.connection.sendRequest(hello, { protocolVersion: 0 })
    ).rejects.toMatchObject({ code: RELOAD_NEEDED, data: { code: 'RELOAD_NEEDED' } });
    await expect(stranger.connection.sendRequest(listJobs)).rejects.toMatchObject({
      code: HELLO_NEEDED
    });
  });

  it('ends nothing by what makes no sense', async () => {
    await expect(page.connection.sendRequest('no/such/method')).rejects.toMatchObject({
      code: -32601
    });
    for (const text of ['', '{', '[]', 'null', '{"jsonrpc":"2.0"}', '{"id":1}', '\u0000']) {
      page.raw(text);
    }
    engine.send('not JSON');
    engine.send('{"type":"frame","client":"nobody","text":"{}"}');
    engine.send('{"type":"dance","client":"x"}');
    await expect(page.connection.sendRequest('model/inspect', { model: 7 })).rejects.toMatchObject({
      code: ENGINE_FAILURE
    });
    expect(await page.connection.sendRequest(listJobs)).toEqual([]);
  });
});

describe('an import', () => {
  it('is reviewed, runs, is seen by every page and answers', async () => {
    const other = await openPage(engine);
    const lists: JobFact[][] = [];
    other.connection.onNotification(jobsChanged, ({ jobs }) => {
      lists.push(jobs);
    });
    const id = await importOnce(page);
    const [events, again] = await Promise.all([follow(page, id), follow(other, id)]);
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'done' });
    expect(again.at(-1)).toMatchObject({ type: 'state', state: 'done' });
    expect(events.some(({ type }) => type === 'progress')).toBe(true);
    // What is kept for later does not say where each file stood.
    const kept = await follow(page, id);
    expect(kept.some(event => event.type === 'progress' && event.progress.files)).toBe(false);
    const job = await page.connection.sendRequest(getJob, { id });
    expect(job).toMatchObject({ state: 'done', runsElsewhere: false });
    expect(job.modelArn).toMatch(/^arn:aws:bedrock:/);
    while (lists.at(-1)?.[0]?.state !== 'done') {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    const [model] = await page.connection.sendRequest(listImportedModels);
    expect(model?.arn).toBe(job.modelArn);
    const news: AnswerNews[] = [];
    page.connection.onProgress(answerNews, 'one', piece => {
      news.push(piece);
    });
    const answer = await page.connection.sendRequest(askImportedModel, {
      model: model?.arn ?? '',
      prompt: 'Hello?',
      token: 'one'
    });
    const pieces = news.flatMap(piece => (piece.type === 'text' ? [piece.text] : []));
    expect(pieces.join('')).toBe(answer.text);
    const plan = await page.connection.sendRequest(planRemove, { id });
    expect(plan.files.length).toBeGreaterThan(0);
    await page.connection.sendRequest(removeJob, { id });
    expect(await page.connection.sendRequest(listJobs)).toEqual([]);
  });

  it('is known by its events from any point on', async () => {
    const id = await importOnce(page);
    const all = await follow(page, id);
    const last = all.at(-1)?.seq ?? 0;
    const late = await openPage(engine);
    const events: JobEvent[] = [];
    late.connection.onNotification(jobEvent, ({ event }) => {
      events.push(event);
    });
    expect(await late.connection.sendRequest(followJob, { id, from: last - 1 })).toEqual({
      lastSeq: last
    });
    expect(events.map(({ seq }) => seq)).toEqual([last - 1, last]);
  });

  it('is seen to run in another process', async () => {
    const id = await importOnce(page);
    await follow(page, id);
    const store = await JobStore.open(stateDirectory);
    const live = await store.hold(id);
    await live.record({ type: 'state', state: 'running' });
    const list = (): Promise<JobFact[]> => page.connection.sendRequest(listJobs);
    expect(await list()).toMatchObject([{ id, state: 'running', runsElsewhere: true }]);
    expect(await page.connection.sendRequest(getJob, { id })).toMatchObject({
      runsElsewhere: true
    });
    await store.letGo(live);
    const [left] = await list();
    expect(left).toMatchObject({ id, state: 'interrupted' });
    expect(left).not.toHaveProperty('runsElsewhere');
  });

  it('is not started from a review that nobody knows', async () => {
    await expect(page.connection.sendRequest(startImport, { reviewId: 'x' })).rejects.toMatchObject(
      { data: { code: 'REVIEW_UNKNOWN' } }
    );
    await expect(page.connection.sendRequest(resumeJob, { id: 'x-1' })).rejects.toMatchObject({
      data: { code: 'JOB_NOT_FOUND' }
    });
  });

  it('goes on in the next engine when this one ends', async () => {
    const { bucket, roleArn } = trial.options;
    const review = await page.connection.sendRequest(reviewImport, {
      model: MODEL,
      bucket,
      roleArn,
      importedModelName: 'second-engine'
    });
    const { jobId } = await page.connection.sendRequest(startImport, {
      reviewId: review.reviewId,
      keepAwake: true
    });
    await told('"type":"awake"');
    await engine.stop();
    engine = startEngine(true);
    await told('"busy":true');
    const next = await openPage(engine);
    const events = await follow(next, jobId);
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'done' });
  });
});
