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

describe('keeping the host awake', () => {
  it.each(['studio-space', 'unified-studio'] as const)('renews the time of %s', async host => {
    const stop = keep(host);
    await delay(100);
    const first = await readFile(file, 'utf8');
    expect(new Date(first).toISOString()).toBe(first);
    await delay(100);
    stop();
    const second = await readFile(file, 'utf8');
    expect(second > first).toBe(true);
    await delay(60);
    expect(await readFile(file, 'utf8')).toBe(second);
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
