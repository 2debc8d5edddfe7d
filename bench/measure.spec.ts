import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { CACHE } from './install';
import { lastOutput, measure } from './measure';

const python = 'python3';
const options = { env: { PATH: process.env['PATH'] ?? '' }, cwd: tmpdir(), timeoutSeconds: 20 };

/** Works for half a second and holds 64 MiB. */
const WORKER = `import time
block = bytearray(64 * 2**20)
while time.process_time() < 0.5: pass
time.sleep(0.3)`;
const SLEEPER = 'import time; time.sleep(60)';
const starts = (how: 'run' | 'Popen', program: string) =>
  `import subprocess, sys; subprocess.${how}([sys.executable, "-c", ${JSON.stringify(program)}])`;

beforeAll(() => mkdir(CACHE, { recursive: true }));

describe('measuring', () => {
  it('counts what the programs started, time and memory', async () => {
    const commands = [[python, '-c', starts('run', WORKER)]];
    const measured = await measure(python, { commands }, options);
    expect(measured.code).toBe(0);
    expect(measured.userSeconds + measured.systemSeconds).toBeGreaterThan(0.5);
    expect(measured.peakBytes).toBeGreaterThan(64 * 2 ** 20);
  });

  it('ends what a program leaves behind', async () => {
    const commands = [[python, '-c', `${starts('Popen', SLEEPER)}; print("gone")`]];
    expect((await measure(python, { commands }, options)).code).toBe(0);
    expect(await lastOutput()).toBe('gone');
  });

  it('tells the first code that is not 0, and what was printed', async () => {
    const commands = [
      ['sh', '-c', 'echo first'],
      ['sh', '-c', 'echo second >&2; exit 3'],
      ['sh', '-c', 'echo never']
    ];
    const measured = await measure(python, { commands }, options);
    expect(measured.code).toBe(3);
    expect(await lastOutput()).toBe('first\nsecond');
  });

  it('passes input on, and ends what takes too long', async () => {
    const read = await measure(python, { commands: [['cat']], input: 'hello' }, options);
    expect([read.code, await lastOutput()]).toEqual([0, 'hello']);
    const slow = await measure(
      python,
      { commands: [['sleep', '60']] },
      { ...options, timeoutSeconds: 0.3 }
    );
    expect(slow.code).not.toBe(0);
    const waiting = await measure(python, { commands: [['cat']], endAfterSeconds: 0.3 }, options);
    expect(waiting.code).toBe(0);
  });
});
