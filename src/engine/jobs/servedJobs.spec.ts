import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ServedJobs } from './servedJobs';

describe('the jobs that pages have set going', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'served-jobs-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are known to the next engine, in their order, for their owner only', async () => {
    const state = join(folder, 'state');
    const served = new ServedJobs(state);
    served.add('one');
    served.add('two');
    served.add('one');
    served.remove('never there');
    await served.settled();
    const next = new ServedJobs(state);
    expect(await next.list()).toEqual(['one', 'two']);
    next.remove('one');
    expect(await next.list()).toEqual(['two']);
    const [name = ''] = await readdir(state);
    expect((await stat(join(state, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(state, name), 'utf8')).toBe('["two"]');
  });

  it.each(['', '{', '{"a":1}', '[1,null]'])('are none when the file holds %j', async text => {
    await writeFile(join(folder, 'served-jobs.json'), text);
    const served = new ServedJobs(folder);
    expect(await served.list()).toEqual([]);
    served.add('one');
    expect(await served.list()).toEqual(['one']);
  });

  it('are forgotten, and nothing else, where nothing can be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const served = new ServedJobs(join(folder, 'file'));
    served.add('one');
    await expect(served.settled()).resolves.toBeUndefined();
    expect(await served.list()).toEqual([]);
  });
});
