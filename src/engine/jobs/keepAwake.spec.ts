import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostKind } from '../environment';
import { keepHostAwake } from './keepAwake';

let folder: string;
let file: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'awake-'));
  file = join(folder, 'timestamp');
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function keep(host: HostKind, path = file): () => void {
  return keepHostAwake({
    environment: { host },
    file: path,
    everyMs: 20,
    onWarning: message => warnings.push(message)
  });
}

/** Waits for a later time; whatever is read on the way must be one. */
async function timeAfter(time: string): Promise<string> {
  for (;;) {
    const found = (await readFile(file, 'utf8')).slice(0, time.length);
    expect(new Date(found).toISOString()).toBe(found);
    if (found > time) {
      return found;
    }
    await delay(5);
  }
}

describe('keeping the host awake', () => {
  it.each(['studio-space', 'unified-studio'] as const)('renews the time of %s', async host => {
    await writeFile(file, '2000-01-01T00:00:00.000Z and something longer than a time');
    const stop = keep(host);
    const first = await timeAfter('2000-01-01T00:00:00.000Z');
    const second = await timeAfter(first);
    stop();
    // One that was being written may still arrive.
    await delay(60);
    const last = await readFile(file, 'utf8');
    expect(last >= second).toBe(true);
    await delay(60);
    expect(await readFile(file, 'utf8')).toBe(last);
    expect(warnings).toEqual([]);
  });

  it('warns once where the file cannot be written', async () => {
    const stop = keep('studio-space', join(folder, 'missing', 'timestamp'));
    await delay(100);
    stop();
    expect(warnings).toEqual([expect.stringContaining('may be shut down')]);
  });

  it('does not write through a link that lies there', async () => {
    const precious = join(folder, 'precious');
    await writeFile(precious, 'precious');
    await symlink(precious, file);
    const stop = keep('studio-space');
    await delay(50);
    stop();
    expect(await readFile(precious, 'utf8')).toBe('precious');
    expect(warnings).toHaveLength(1);
  });

  it('tells what a Notebook Instance needs, and leaves other hosts alone', async () => {
    keep('notebook-instance')();
    expect(warnings).toEqual([expect.stringContaining('kernel session')]);
    keep('plain-jupyter')();
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(warnings).toHaveLength(1);
  });
});
