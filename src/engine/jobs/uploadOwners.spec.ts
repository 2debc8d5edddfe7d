import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findUploadOwners, JobStore } from '.';
import { sampleJob } from './testing/sampleJob';
import { QUICK } from './testing/jobTrial';

let folder: string;
let store: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'owners-'));
  store = await JobStore.open(join(folder, 'state'), { timing: QUICK });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A copy that sends one file in parts and one at once. */
async function put(id: string, bucket = 'bucket'): Promise<void> {
  const { plan } = sampleJob(id);
  const file = { path: 'w', sizeBytes: 1, partSizeBytes: 1, partCount: 1, action: 'copy' as const };
  await store.put(
    sampleJob(id, {
      destination: `s3://${bucket}/${id}/`,
      plan: {
        ...plan,
        destination: { bucket, prefix: `${id}/`, region: 'us-east-1' },
        files: [
          { ...file, key: `${id}/w.safetensors`, method: 'multipart' },
          { ...file, key: `${id}/config.json`, method: 'single-put' }
        ]
      }
    })
  );
}

describe('whose an unfinished upload is', () => {
  it('is a job of this bucket that sends the key in parts', async () => {
    await put('copy-a-1');
    await put('copy-b-1', 'bucket-2');
    const owner = await findUploadOwners(store, 'bucket');
    expect(owner('copy-a-1/w.safetensors')).toEqual({
      id: 'copy-a-1',
      title: 'Copy copy-a-1',
      state: 'waiting'
    });
    expect(owner('copy-a-1/config.json')).toBeUndefined();
    expect(owner('copy-a-1/w.safetensors.other')).toBeUndefined();
    expect(owner('copy-b-1/w.safetensors')).toBeUndefined();
  });

  it.each([
    ['done', false],
    ['cancelled', false],
    ['failed', true],
    ['paused', true]
  ] as const)('is nobody any more when its job has come to its end: %s', async (state, goesOn) => {
    await put('copy-a-1');
    const live = await store.hold('copy-a-1');
    await live.record({ type: 'state', state: 'running' });
    await live.record({ type: 'state', state });
    await store.letGo(live);
    const owner = await findUploadOwners(store, 'bucket');
    expect(owner('copy-a-1/w.safetensors')?.state).toBe(goesOn ? state : undefined);
  });

  it('may be a job that only a newer version understands, and is not hindered by a broken one', async () => {
    await put('copy-a-1');
    await put('copy-b-1');
    const path = (id: string): string => join(folder, 'state', 'jobs', id, 'job.json');
    const newer = { ...sampleJob('copy-a-1'), version: 99, destination: 's3://bucket/copy-a-1/' };
    await writeFile(path('copy-a-1'), JSON.stringify(newer));
    await writeFile(path('copy-b-1'), '{"torn');
    const owner = await findUploadOwners(store, 'bucket');
    // Its plan is not understood, but where it goes is.
    expect(owner('copy-a-1/anything')).toMatchObject({ id: 'copy-a-1', state: 'waiting' });
    expect(owner('copy-b-1/w.safetensors')).toBeUndefined();
  });
});
