import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobEvent } from '../jobs';
import { startUntil } from './testing/runningCommand';
import { tinyModel } from './testing/tinyModel';
import { startTrial, Trial } from './testing/trial';

const LARGE_BYTES = 60e6;
const COPYING = /^Copying: [1-9]/m;
/** Both connections have sent a part of 16 MiB. */
const FIRST_PARTS_THERE = /^Copying: [6-9]\d %/m;

let trial: Trial;
beforeAll(async () => {
  trial = await startTrial({
    models: {
      'trial/tiny': tinyModel(),
      'trial/large': tinyModel({ shards: 2, paddingBytes: LARGE_BYTES })
    },
    args: ['--bandwidth', '8MB', '--fault', 'import-seconds=2']
  });
}, 60_000);
afterAll(() => trial?.stop());

const copyLarge = (prefix: string): string[] => [
  ...['copy', 'trial/large', `s3://${trial.bucket}/${prefix}`, '--connections', '2']
];
const jobs = (...args: string[]) => trial.run(['jobs', ...args]);
const jobsJson = async (...args: string[]) => {
  const ran = await jobs(...args, '--json');
  return { ...ran, result: JSON.parse(ran.stdout) };
};
const eventsOf = (stdout: string): JobEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as JobEvent);

/** The one job whose destination is under a prefix. */
async function jobOf(prefix: string): Promise<{ id: string; state: string }> {
  const { result } = await jobsJson('list');
  const found = (result.jobs as Array<{ id: string; state: string; destination: string }>).filter(
    ({ destination }) => destination === `s3://${trial.bucket}/${prefix}/`
  );
  expect(found).toHaveLength(1);
  return found[0] ?? { id: '', state: '' };
}

async function uploadsUnder(prefix: string): Promise<string[]> {
  const { Uploads = [] } = await trial.aws.s3.send(
    new ListMultipartUploadsCommand({ Bucket: trial.bucket, Prefix: prefix })
  );
  return Uploads.map(({ Key = '' }) => Key);
}

describe('a copy in two terminals', () => {
  const prefix = 'two-terminals';
  let first: Awaited<ReturnType<Trial['run']>>;
  let second: Awaited<ReturnType<Trial['run']>>;
  let followed: Awaited<ReturnType<Trial['run']>>;

  beforeAll(async () => {
    const running = await startUntil(trial, copyLarge(prefix), COPYING);
    const { id, state } = await jobOf(prefix);
    expect(state).toBe('running');
    const shown = await jobs('show', id);
    expect(shown.stdout).toMatch(/^State +running$/m);
    expect(shown.stdout).toMatch(/^Rate +\S+ k?M?B\/s$/m);
    expect((await jobs('list')).stdout).toMatch(
      new RegExp(
        `^${id} +running +copy +\\d+ % +\\S+ k?M?B/s +\\d+ s ago +Copy trial/large to `,
        'm'
      )
    );
    const refused = await jobs('remove', id, '--yes');
    expect({ code: refused.code, said: refused.stderr }).toEqual({
      code: 3,
      said: expect.stringContaining('Error JOB_RUNNING_ELSEWHERE: ')
    });
    [followed, second, first] = await Promise.all([
      jobs('follow', id, '--from', '4', '--json'),
      trial.run([...copyLarge(prefix), '--json']),
      running.ended
    ]);
  }, 60_000);

  it('runs once, and both get its result', async () => {
    expect(second.stderr).toContain('Another process runs this already');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.stdout).toMatch(/^Copied +60\.\d+ MB in 7 files$/m);
    const result = JSON.parse(second.stdout);
    expect(result).toMatchObject({ nothingMoved: false, jobId: (await jobOf(prefix)).id });
    expect(result.movedBytes).toBeGreaterThan(LARGE_BYTES);
  });

  it('can be followed from any event to the end, a line of JSON for each', () => {
    const events = eventsOf(followed.stdout);
    expect(events[0]?.seq).toBe(4);
    const numbers = events.filter(event => event.type !== 'progress').map(({ seq }) => seq);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'done' });
    expect(events.some(({ type }) => type === 'progress')).toBe(true);
    expect(followed.code).toBe(0);
  });

  it('shows the same progress to those who follow, and afterwards what happened', async () => {
    const { id } = await jobOf(prefix);
    const again = await jobs('follow', id);
    expect(again.stderr).toMatch(/^Copying to S3$/m);
    expect(again.stdout).toMatch(/: done$/m);
    const { result } = await jobsJson('show', id);
    expect(result).toMatchObject({
      state: 'done',
      files: { proved: 7 },
      stages: [
        { stage: 'check', state: 'done' },
        { stage: 'copy', state: 'done', startedAt: expect.any(String), endedAt: expect.any(String) }
      ]
    });
    const log = await jobs('show', id, '--events');
    expect(eventsOf(log.stdout).at(0)).toMatchObject({ seq: 1, type: 'state', state: 'waiting' });
    const both = await jobsJson('show', id, '--events');
    expect(both.result).toMatchObject({ job: { id }, events: eventsOf(log.stdout) });
  });

  it('keeps it for its owner only', async () => {
    const folder = join(trial.home, '.bedrock-import', 'jobs', (await jobOf(prefix)).id);
    const modes = await Promise.all(
      [folder, ...(await readdir(folder)).map(name => join(folder, name))].map(
        async path => (await stat(path)).mode & 0o777
      )
    );
    expect(new Set(modes)).toEqual(new Set([0o700, 0o600]));
  });

  it('removes what was kept after a confirmation, and nothing in S3', async () => {
    const { id } = await jobOf(prefix);
    const before = await trial.objects(prefix);
    const unasked = await jobs('remove', id);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('CONFIRMATION_REQUIRED');
    expect(unasked.stdout).toContain(join(trial.home, '.bedrock-import', 'jobs', id));
    expect((await jobsJson('remove', id, '--yes')).result.removed).toBe(true);
    expect((await jobs('show', id)).stderr).toContain('JOB_NOT_FOUND');
    expect(await trial.objects(prefix)).toEqual(before);
  });
});

describe('a copy that is stopped from another terminal', () => {
  it('pauses, and goes on with what has arrived', async () => {
    const running = await startUntil(trial, [...copyLarge('paused'), '--json'], FIRST_PARTS_THERE);
    const { id } = await jobOf('paused');
    // The beginning of an id will do where it is the only one.
    const paused = await jobs('pause', id);
    expect(paused.stdout).toContain(`bedrock-import jobs resume ${id}`);
    expect(paused.code).toBe(0);
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    expect(JSON.parse(stopped.stdout).error).toMatchObject({
      code: 'JOB_PAUSED',
      nextStep: expect.stringContaining(`jobs resume ${id}`)
    });
    expect((await jobs('follow', id)).code).toBe(0);
    expect((await jobs('show', id)).stdout).toMatch(/^State +paused$/m);

    const resumed = await jobsJson('resume', id);
    expect(resumed.code).toBe(0);
    expect(resumed.result.movedBytes).toBeLessThan(LARGE_BYTES);
    expect(resumed.result.files).toHaveLength(7);
  }, 60_000);

  it('is given up after a confirmation, and leaves no unfinished upload', async () => {
    const running = await startUntil(trial, copyLarge('cancelled'), COPYING);
    const { id } = await jobOf('cancelled');
    const unasked = await jobs('cancel', id);
    expect(unasked.code).toBe(2);
    expect(unasked.stdout).toMatch(/^ {2}cancelled\/model-00002-of-00002\.safetensors +\S+$/m);
    expect((await jobOf('cancelled')).state).toBe('running');
    const cancelled = await jobsJson('cancel', id, '--yes');
    expect(cancelled.code).toBe(0);
    expect(cancelled.result).toMatchObject({ cancelled: true, job: { state: 'cancelled' } });
    expect((await running.ended).code).toBe(130);
    expect(await uploadsUnder('cancelled')).toEqual([]);
    expect((await jobs('follow', id)).code).toBe(130);
    expect((await jobs('resume', id)).stderr).toContain('Error JOB_CANCELLED: ');
  }, 60_000);

  it('says which command goes on after Ctrl-C', async () => {
    const running = await startUntil(trial, copyLarge('interrupted'), COPYING);
    running.child.kill('SIGINT');
    const { stderr, code } = await running.ended;
    const { id } = await jobOf('interrupted');
    expect(code).toBe(130);
    expect(stderr).toContain(`Go on with "bedrock-import jobs resume ${id}", or run the same`);
    expect(stderr).toContain(`(bedrock-import ${copyLarge('interrupted').join(' ')})`);
  }, 60_000);
});

describe('a copy whose process was killed', () => {
  it('is known as interrupted, and goes on with all the others', async () => {
    const running = await startUntil(trial, copyLarge('killed'), COPYING);
    running.child.kill('SIGKILL');
    await running.ended;
    const { id, state } = await jobOf('killed');
    expect(state).toBe('interrupted');
    const followed = await jobs('follow', id);
    expect(followed.stderr).toContain('Error JOB_INTERRUPTED: ');
    expect(followed.code).toBe(1);

    const all = await jobsJson('resume', '--all');
    expect(all.code).toBe(0);
    const resumed = all.result.jobs as Array<{ id: string; state: string }>;
    expect(resumed.every(job => job.state === 'done')).toBe(true);
    expect(resumed.map(job => job.id)).toContain(id);
    expect(all.stderr).toMatch(/^Copy trial\/large to \S+\/killed\/ \(job \S+\)$/m);
    expect(await uploadsUnder('killed')).toEqual([]);
    expect((await jobs('resume', '--all')).stdout).toBe('No job is unfinished.\n');
  }, 60_000);
});

describe('an import in two terminals', () => {
  it('is one import, and both get its model', async () => {
    const args = [
      ...['import', 'trial/tiny', '--bucket', trial.bucket, '--role', trial.roleArn],
      ...['--yes', '--json']
    ];
    const running = await startUntil(trial, args, /^Importing into Bedrock/m);
    // Nothing new is begun, so nobody has to agree to it.
    const withoutYes = args.filter(arg => arg !== '--yes');
    const [second, first] = await Promise.all([trial.run(withoutYes), running.ended]);
    expect([first.code, second.code]).toEqual([0, 0]);
    const models = [first, second].map(ran => JSON.parse(ran.stdout).model.modelArn as string);
    expect(new Set(models).size).toBe(1);
    const listed = await trial.run(['models', 'list', '--json']);
    expect(JSON.parse(listed.stdout).models).toHaveLength(1);
    expect(second.stderr).toContain('Following it');
  }, 60_000);
});

describe('a copy that fails', () => {
  it('is shown with its next step, and can be tried again', async () => {
    const failed = await trial.run(['copy', 'trial/tiny', 's3://read-only-bucket/failed']);
    expect(failed.code).toBe(1);
    const { result } = await jobsJson('list');
    const listed = result.jobs as Array<{ id: string; state: string }>;
    const { id = '' } = listed.find(({ state }) => state === 'failed') ?? {};
    const shown = await jobs('show', id);
    expect(shown.stdout).toMatch(/^Error ACCESS_DENIED: .+$/m);
    expect(shown.stdout).toMatch(/^ {2}Next step: +.+s3:PutObject/m);
    expect(shown.stdout).toContain(`Try again with: bedrock-import jobs resume ${id}`);
    const followed = await jobs('follow', id);
    expect(followed.stderr).toContain('Error ACCESS_DENIED: ');
    expect(followed.code).toBe(1);
    expect((await jobs('resume', id)).code).toBe(1);
  }, 60_000);
});

describe('where jobs cannot be kept', () => {
  it('warns and does the work all the same', async () => {
    const file = join(trial.home, 'a-file');
    await writeFile(file, '');
    const env = { BEDROCK_IMPORT_STATE_DIR: join(file, 'state') };
    const ran = await trial.run(['copy', 'trial/tiny', `s3://${trial.bucket}/unkept`], { env });
    expect(ran.stderr).toMatch(/^Warning: Jobs cannot be kept in .+$/m);
    expect(ran.code).toBe(0);
    expect((await trial.run(['jobs', 'list'], { env })).stdout).toMatch(/^No jobs in /);
  });
});

describe('a job that keeps its host awake', () => {
  it('says when it cannot, and does the work all the same', async () => {
    // The tests do not let the command write the file that the idle shutdown looks at.
    const ran = await trial.run(
      ['copy', 'trial/tiny', `s3://${trial.bucket}/awake`, '--keep-awake'],
      { env: { SERVICE_NAME: 'SageMakerUnifiedStudio' } }
    );
    expect(ran.stderr).toMatch(/^Warning: \/tmp\/\.sagemaker-last-active-timestamp cannot be /m);
    expect(ran.code).toBe(0);
  });
});

describe('wrong words', () => {
  beforeAll(async () => {
    const folder = join(trial.home, '.bedrock-import', 'jobs', 'copy-broken-00000000');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'job.json'), '{"version":1');
    await writeFile(join(folder, 'journal.jsonl'), 'no journal\u001b[2J\n');
  });

  it.each([
    ['an unknown id', ['show', 'nobody'], 'JOB_NOT_FOUND', 2],
    ['a way out of the folder', ['show', '../../../../etc'], 'JOB_NOT_FOUND', 2],
    ['an absolute path', ['show', '/etc'], 'JOB_NOT_FOUND', 2],
    ['nothing', ['show', ''], 'JOB_NOT_FOUND', 2],
    ['an escape sequence', ['show', 'a\u001b[31m'], 'JOB_NOT_FOUND', 2],
    ['a very long id', ['show', 'x'.repeat(10_000)], 'JOB_NOT_FOUND', 2],
    ['a beginning of several ids', ['show', 'copy-'], 'JOB_AMBIGUOUS', 2],
    ['a job that is broken', ['show', 'copy-broken'], 'JOB_UNREADABLE', 1],
    ['a broken job to resume', ['resume', 'copy-broken'], 'JOB_UNREADABLE', 1],
    ['the folder above to remove', ['remove', '..', '--yes'], 'JOB_NOT_FOUND', 2],
    ['the folder itself to cancel', ['cancel', '.', '--yes'], 'JOB_NOT_FOUND', 2],
    ['an event before the first', ['follow', 'copy-broken', '--from', '0'], 'USAGE', 2],
    ['neither an id nor --all', ['resume'], 'USAGE', 2],
    ['an id and --all', ['resume', 'copy-broken', '--all'], 'USAGE', 2],
    ['an unknown verb', ['rename', 'x'], 'USAGE', 2]
  ])('%s', async (_what, args, errorCode, exitCode) => {
    const ran = await jobsJson(...args);
    expect(ran.result.error.code).toBe(errorCode);
    expect(ran.result.error.nextStep).not.toBe('');
    expect(ran.code).toBe(exitCode);
    expect(ran.stdout).not.toContain('\u001b');
  });

  it('lists what it cannot read, and says so', async () => {
    const { stdout, code } = await jobs('list');
    expect(stdout).toMatch(/^copy-broken-00000000 +unreadable .+$/m);
    expect(code).toBe(0);
  });
});
