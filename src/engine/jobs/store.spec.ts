import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobStore } from '.';
import { foldEvents, stateNow } from './jobFacts';
import { jobId } from './jobIdentity';
import { ownIdentity } from './processIdentity';
import { QUICK } from './testing/jobTrial';
import { sampleJob } from './testing/sampleJob';

let folder: string;
let state: string;
let store: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  state = join(folder, 'root', 'state');
  store = await JobStore.open(state, { timing: QUICK });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function modes(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    found[full.slice(path.length + 1)] = ((await stat(full)).mode & 0o777).toString(8);
  }
  return found;
}

describe('the store of jobs', () => {
  it('is empty where nothing was kept', async () => {
    expect(await store.list()).toEqual([]);
    await expect(store.read('copy-x-1')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('keeps a job for its owner only, whatever the umask and older folders say', async () => {
    const before = process.umask(0);
    try {
      await chmod(state, 0o777);
      store = await JobStore.open(state, { timing: QUICK });
      await store.put(sampleJob('copy-a-1'));
    } finally {
      process.umask(before);
    }
    expect(((await stat(state)).mode & 0o777).toString(8)).toBe('700');
    expect(await modes(state)).toEqual({
      jobs: '700',
      'jobs/copy-a-1': '700',
      'jobs/copy-a-1/job.json': '600',
      'jobs/copy-a-1/journal.jsonl': '600'
    });
  });

  it('lists what cannot be read beside what can', async () => {
    await store.put(sampleJob('copy-a-1'));
    const jobs = join(state, 'jobs');
    const broken: Record<string, string> = {
      'copy-torn-1': '{"version":1,',
      'copy-null-1': 'null',
      'copy-other-1': JSON.stringify(sampleJob('copy-b-1')),
      'copy-planless-1': JSON.stringify({ ...sampleJob('copy-planless-1'), plan: 7 })
    };
    for (const [id, text] of Object.entries(broken)) {
      await mkdir(join(jobs, id));
      await writeFile(join(jobs, id, 'job.json'), text);
    }
    await mkdir(join(jobs, 'copy-empty-1'));
    await mkdir(join(jobs, 'copy-folder-1', 'job.json'), { recursive: true });
    await symlink(join(jobs, 'copy-a-1'), join(jobs, 'copy-link-1'));
    await writeFile(join(jobs, 'stray'), '');
    await mkdir(join(jobs, '.hidden'));
    const listed = await store.list();
    expect(listed.map(job => `${job.id} ${job.state}`).sort()).toEqual(
      [
        'copy-a-1 waiting',
        ...[...Object.keys(broken), 'copy-empty-1', 'copy-folder-1'].map(id => `${id} unreadable`)
      ].sort()
    );
    for (const { id, state: how, error } of listed) {
      expect(error?.code).toBe(how === 'unreadable' ? 'JOB_UNREADABLE' : undefined);
      await store.remove(id);
    }
    expect(await store.list()).toEqual([]);
  });

  it('lists the job of a newer release and leaves it alone', async () => {
    const newer = { ...sampleJob('copy-new-1'), version: 2, plan: 'of another form', extra: 1 };
    await mkdir(join(state, 'jobs', 'copy-new-1'));
    await writeFile(join(state, 'jobs', 'copy-new-1', 'job.json'), JSON.stringify(newer));
    expect(await store.list()).toMatchObject([{ id: 'copy-new-1', title: 'Copy copy-new-1' }]);
    await expect(store.hold('copy-new-1')).rejects.toMatchObject({ code: 'JOB_TOO_NEW' });
    await expect(store.read('copy-new-1')).rejects.toMatchObject({ code: 'JOB_TOO_NEW' });
  });

  it.each(['..', '../jobs', 'a/b', '', '.hidden', 'A', `a${'b'.repeat(200)}`])(
    'has no job %j',
    async id => {
      await expect(store.read(id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
      await expect(store.remove(id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
      await expect(store.follow(id)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'JOB_NOT_FOUND'
      });
    }
  );

  it('finds a job by the beginning of its id', async () => {
    await store.put(sampleJob('copy-a-1'));
    await store.put(sampleJob('copy-a-12'));
    expect(await store.resolve('copy-a-1')).toBe('copy-a-1');
    expect(await store.resolve('copy-a-12')).toBe('copy-a-12');
    await expect(store.resolve('copy-')).rejects.toMatchObject({ code: 'JOB_AMBIGUOUS' });
    await expect(store.resolve('import')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('gives a job to one process at a time', async () => {
    await store.put(sampleJob('copy-a-1'));
    const live = await store.hold('copy-a-1');
    const other = await JobStore.open(state, { timing: QUICK });
    for (const elsewhere of [store, other]) {
      await expect(elsewhere.hold('copy-a-1')).rejects.toMatchObject({
        code: 'JOB_RUNNING_ELSEWHERE',
        kind: 'blocked'
      });
      await expect(elsewhere.remove('copy-a-1')).rejects.toMatchObject({
        code: 'JOB_RUNNING_ELSEWHERE'
      });
      const changed = sampleJob('copy-a-1', { title: 'Changed' });
      expect(await elsewhere.put(changed)).toMatchObject({
        running: true,
        job: { title: 'Copy copy-a-1' }
      });
    }
    await store.letGo(live);
    expect(await other.put(sampleJob('copy-a-1', { title: 'Changed' }))).toMatchObject({
      running: false,
      job: { title: 'Changed', lastSeq: 2 }
    });
    await other.letGo(await other.hold('copy-a-1'));
  });

  it('sees that a job that should run is left alone', async () => {
    await store.put(sampleJob('copy-a-1'));
    const live = await store.hold('copy-a-1');
    await live.record({ type: 'state', state: 'running' });
    await live.record({ type: 'stage', stage: 'check', state: 'start' });
    const other = await JobStore.open(state, { timing: QUICK });
    expect((await other.read('copy-a-1')).state).toBe('running');
    await store.letGo(live);
    expect((await other.read('copy-a-1')).state).toBe('interrupted');
    expect(await other.list()).toMatchObject([{ state: 'interrupted', stage: 'check' }]);
    const gone = { version: 1, ...ownIdentity(), pid: 4_000_000, token: 'x', holder: 'copy-a-1' };
    await writeFile(join(store.folderOf('copy-a-1'), 'lease.json'), JSON.stringify(gone));
    expect((await other.read('copy-a-1')).state).toBe('interrupted');
    expect(stateNow(foldEvents([]), { state: 'free' })).toBe('waiting');
  });

  it('tells from a long journal’s end how a job stands', async () => {
    await store.put(sampleJob('copy-a-1'));
    const live = await store.hold('copy-a-1');
    await live.record({ type: 'state', state: 'running' });
    await live.record({ type: 'stage', stage: 'copy', state: 'start' });
    for (let number = 0; number < 2000; number++) {
      live.emit({ type: 'warning', message: 'x'.repeat(100) });
    }
    const other = await JobStore.open(state, { timing: QUICK });
    await live.record({ type: 'warning', message: 'last' });
    expect(await other.list()).toMatchObject([{ state: 'running', stage: 'copy' }]);
    await store.letGo(live);
  });

  it.each([
    ['a file is in its place', async () => writeFile(join(folder, 'no'), '')],
    ['its parent is a link to nowhere', async () => symlink('/proc/nowhere', join(folder, 'no'))]
  ])('works in memory where %s, and says so once', async (_, spoil) => {
    await spoil();
    const passing = await JobStore.open(join(folder, 'no', 'state'), { timing: QUICK });
    expect(passing.problem).toBeDefined();
    expect(await passing.list()).toEqual([]);
    const { running } = await passing.put(sampleJob('copy-a-1'));
    expect(running).toBe(false);
    const live = await passing.hold('copy-a-1');
    await live.record({ type: 'state', state: 'running' });
    live.warnOnce('again');
    expect((await passing.read('copy-a-1')).state).toBe('running');
    await live.record({ type: 'state', state: 'done' });
    await passing.letGo(live);
    const events = await passing.events('copy-a-1');
    expect(events.map(({ type }) => type)).toEqual(['state', 'warning', 'state', 'state']);
    expect(await passing.list()).toMatchObject([{ id: 'copy-a-1', state: 'done' }]);
    const followed: string[] = [];
    for await (const { type } of passing.follow('copy-a-1', { from: 2 })) {
      followed.push(type);
    }
    expect(followed).toEqual(['warning', 'state', 'state']);
    await passing.remove('copy-a-1');
    expect(await passing.list()).toEqual([]);
  });
});

describe('the id of a job', () => {
  const { plan } = sampleJob('x');
  const id = (changes: Partial<Parameters<typeof jobId>[0]> = {}): string =>
    jobId({ kind: 'copy', plan, ...changes });

  it('is readable and the same for the same thing', () => {
    expect(id()).toMatch(/^copy-tiny-[0-9a-f]{8}$/);
    expect(id({ plan: structuredClone(plan) })).toBe(id());
    const moved = { ...plan, bytesToMove: 5, alreadyThere: 1, checks: [], conflicts: [] };
    expect(id({ plan: moved })).toBe(id());
    const named = { ...plan, source: { ...plan.source, modelId: 'x/Ünïcode Größe__!' } };
    expect(id({ plan: named })).toMatch(/^copy-n-code-gr-e-[0-9a-f]{8}$/);
  });

  it('is another for another thing', () => {
    const { source, destination } = plan;
    const file = { path: 'a', key: 'a', sizeBytes: 1, method: 'single-put' as const };
    const written = { ...file, partSizeBytes: 1, partCount: 1, action: 'write' as const };
    const ids = [
      id(),
      id({ kind: 'import' }),
      id({ account: '123456789012' }),
      id({ requestedName: 'x' }),
      id({ plan: { ...plan, destination: { ...destination, prefix: 'b/' } } }),
      id({ plan: { ...plan, destination: { ...destination, region: 'eu-west-1' } } }),
      id({ plan: { ...plan, source: { ...source, kind: 'hub', commitSha: 'b', endpoint: 'x' } } }),
      id({ plan: { ...plan, files: [{ ...written, content: 'x', sha256: 'y' }] } })
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
