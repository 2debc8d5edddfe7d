import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import {
  followJob,
  getMachine,
  jobEvent,
  listJobs,
  pauseJob,
  reviewImport,
  startImport
} from '../../protocol';
import type { JobEvent } from '../../protocol';
import { startBundle } from '../cli/testing/bundledCommand';
import { tinyModel } from '../cli/testing/tinyModel';
import { startTrial } from '../cli/testing/trial';
import type { Trial } from '../cli/testing/trial';
import { openPage } from './testing/testPage';
import type { EngineEnd, TestPage } from './testing/testPage';

jest.setTimeout(90_000);

const MODEL = 'trial/parts';

describe('the engine as the Jupyter server starts it', () => {
  let trial: Trial;
  const started: ChildProcessWithoutNullStreams[] = [];

  beforeAll(async () => {
    trial = await startTrial({
      models: { [MODEL]: tinyModel({ shards: 2, paddingBytes: 24 * 2 ** 20 }) },
      args: ['--bandwidth', '8MB', '--fault', 'import-seconds=1', '--fault', 'model-not-ready=0']
    });
  });

  afterAll(async () => {
    started.forEach(child => child.kill('SIGKILL'));
    await trial.stop();
  });

  function start(
    args: readonly string[] = []
  ): EngineEnd & { child: ChildProcessWithoutNullStreams; ended: Promise<number | null> } {
    const child = startBundle(['serve', ...args], { env: trial.env });
    started.push(child);
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    const reader = createInterface({ input: child.stdout });
    return {
      child,
      ended: once(child, 'close').then(([code]) => code as number | null),
      send: line => child.stdin.write(`${line}\n`),
      onLine: listener => {
        reader.on('line', listener);
        return () => reader.off('line', listener);
      }
    };
  }

  /** Resolves at the first event that matches, and goes on listening. */
  function eventOf(
    page: TestPage,
    id: string,
    wanted: (event: JobEvent) => boolean
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      page.connection.onNotification(jobEvent, ({ event }) => {
        if (wanted(event)) {
          resolve();
        }
      });
      page.connection.sendRequest(followJob, { id }).catch(reject);
    });
  }

  it('serves pages until its input ends', async () => {
    const engine = start();
    const [one, two] = await Promise.all([openPage(engine), openPage(engine)]);
    expect(await one?.connection.sendRequest(getMachine)).toMatchObject({ hasHubToken: true });
    one?.leave();
    expect(await two?.connection.sendRequest(listJobs)).toEqual([]);
    engine.child.stdin.end();
    expect(await engine.ended).toBe(0);
  });

  it('drops a line of 40 MiB and goes on', async () => {
    const engine = start();
    engine.send(`{"type":"frame","client":"x","text":"${'x'.repeat(40 * 2 ** 20)}"}`);
    const page = await openPage(engine);
    expect(await page.connection.sendRequest(listJobs)).toEqual([]);
    engine.child.stdin.end();
    expect(await engine.ended).toBe(0);
  });

  it('goes on, after a restart of the server, with what pages had set going, and only that', async () => {
    const first = start();
    const page = await openPage(first);
    const startOne = async (prefix: string): Promise<string> => {
      const { reviewId } = await page.connection.sendRequest(reviewImport, {
        model: MODEL,
        bucket: trial.bucket,
        roleArn: trial.roleArn,
        prefix
      });
      const { jobId } = await page.connection.sendRequest(startImport, { reviewId });
      return jobId;
    };
    const paused = await startOne('paused');
    await eventOf(page, paused, ({ type }) => type === 'progress');
    await page.connection.sendRequest(pauseJob, { id: paused });
    const running = await startOne('running');
    await eventOf(page, running, ({ type }) => type === 'progress');
    first.child.stdin.end();
    expect(await first.ended).toBe(0);

    const second = start();
    const next = await openPage(second);
    // It rests as far as its journal says, until the engine has taken it up.
    let states: Record<string, string> = {};
    while (!['done', 'failed'].includes(states[running] ?? '')) {
      await new Promise(resolve => setTimeout(resolve, 100));
      const jobs = await next.connection.sendRequest(listJobs);
      states = Object.fromEntries(jobs.map(({ id, state }) => [id, state]));
    }
    expect(states).toEqual({ [paused]: 'paused', [running]: 'done' });
    second.child.stdin.end();
    expect(await second.ended).toBe(0);
    // What has come to rest is nobody's any more.
    const served = join(trial.env['BEDROCK_IMPORT_STATE_DIR'] ?? '', 'served-jobs.json');
    expect(JSON.parse(await readFile(served, 'utf8'))).toEqual([]);
  });

  it('goes on with a job after it was killed', async () => {
    const first = start();
    const page = await openPage(first);
    const review = await page.connection.sendRequest(reviewImport, {
      model: MODEL,
      bucket: trial.bucket,
      roleArn: trial.roleArn
    });
    const { jobId } = await page.connection.sendRequest(startImport, {
      reviewId: review.reviewId
    });
    await eventOf(
      page,
      jobId,
      event =>
        event.type === 'progress' &&
        event.progress.files?.some(({ movedBytes, sizeBytes }) => movedBytes < sizeBytes) === true
    );
    first.child.kill('SIGKILL');
    await first.ended;

    const second = start(['--resume']);
    const next = await openPage(second);
    await eventOf(
      next,
      jobId,
      event => event.type === 'state' && (event.state === 'done' || event.state === 'failed')
    );
    const jobs = await next.connection.sendRequest(listJobs);
    expect(jobs).toContainEqual(expect.objectContaining({ id: jobId, state: 'done' }));
    second.child.stdin.end();
    expect(await second.ended).toBe(0);
  });
});
