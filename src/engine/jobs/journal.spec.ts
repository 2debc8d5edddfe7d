import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foldEvents } from './jobFacts';
import { JournalReader, JournalWriter, readTail } from './journal';
import type { JobEvent } from './jobTypes';
import { denoProgram } from './testing/denoProgram';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal.jsonl');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const at = '2026-11-22T10:00:00.000Z';
const warning = (seq: number, message = `event ${seq}`): JobEvent => ({
  seq,
  at,
  type: 'warning',
  message
});

const unbroken = (reason: string): void => {
  throw new Error(`broken: ${reason}`);
};

const readAll = (): Promise<JobEvent[]> => new JournalReader(path).read();

describe('a journal', () => {
  it('keeps events in their order, for its owner only', async () => {
    const { writer, events } = await JournalWriter.open(path, unbroken);
    expect(events).toEqual([]);
    const wanted = Array.from({ length: 500 }, (_, index) => warning(index + 1));
    wanted.forEach(event => writer.append(event, event.seq % 7 === 0));
    await writer.flush();
    expect(writer.pending).toEqual([]);
    expect(await readAll()).toEqual(wanted);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writer.close();
    const again = await JournalWriter.open(path, unbroken);
    expect(again.events).toEqual(wanted);
    again.writer.append(warning(501), true);
    await again.writer.close();
    expect((await readAll()).at(-1)?.seq).toBe(501);
  });

  it('is repaired at every place where a crash can tear it', async () => {
    const lines = [warning(1), warning(2, 'ä 🙂 "quoted"\n'), warning(3)].map(
      event => `${JSON.stringify(event)}\n`
    );
    const whole = Buffer.from(lines.join(''));
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const { writer, events } = await JournalWriter.open(path, unbroken);
      const last = events.length;
      writer.append(warning(last + 1), true);
      await writer.close();
      expect((await readAll()).map(({ seq }) => seq)).toEqual(
        Array.from({ length: last + 1 }, (_, index) => index + 1)
      );
    }
  });

  it('reads past what it does not understand', async () => {
    const later = { seq: 2, at, type: 'of-a-later-release', what: [1] };
    const lines = [warning(1), later, 'no event', null, { seq: 'x' }, warning(3)];
    await writeFile(path, lines.map(line => `${JSON.stringify(line)}\n`).join('') + '{{{\n\n');
    const events = await readAll();
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(foldEvents(events)).toMatchObject({ lastSeq: 3 });
  });

  it('is read on from where the reader was, whole lines only', async () => {
    const reader = new JournalReader(path);
    expect(await reader.read()).toEqual([]);
    const line = `${JSON.stringify(warning(1, 'ä'.repeat(300_000)))}\n`;
    await writeFile(path, line.slice(0, 1000));
    expect(await reader.read()).toEqual([]);
    await writeFile(path, line);
    expect(await reader.read()).toHaveLength(1);
    await appendFile(path, `${JSON.stringify(warning(2))}\n{"seq":3`);
    expect(await reader.read()).toEqual([warning(2)]);
    expect(await readTail(path, 200)).toEqual({ events: [warning(2)], whole: false });
  });

  it('is not written through a symbolic link', async () => {
    const target = join(folder, 'precious');
    await writeFile(target, 'precious');
    await symlink(target, path);
    await expect(JournalWriter.open(path, unbroken)).rejects.toThrow('not a regular file');
    expect(await readFile(target, 'utf8')).toBe('precious');
  });
});

describe('a journal on a disk that fills up, in Deno', () => {
  it('holds whole lines only, says so once, and is made whole when there is room again', async () => {
    const program = await denoProgram(`
      import { JournalWriter } from './journal';
      const { writer } = await JournalWriter.open(process.argv[2], reason => console.log('broken: ' + reason));
      const at = new Date().toISOString();
      for (let seq = 1; seq <= 60; seq++) {
        writer.append({ seq, at, type: 'warning', message: 'x'.repeat(200) }, true);
        await writer.flush();
      }
      console.log('full');
      while (writer.pending.length > 0) {
        await new Promise(resolve => setTimeout(resolve, 300));
        writer.append({ seq: 60 + writer.pending.length, at, type: 'state', state: 'running' }, true);
        await writer.flush();
      }
      console.log('whole');
      await writer.close();
      process.exit(0);`);
    try {
      const child = program.start([path], { writable: [folder], fileLimitKiB: 8 });
      await child.wrote(/full/);
      const events = await readAll();
      expect(events.length).toBeGreaterThan(5);
      expect(events.length).toBeLessThan(60);
      expect((await readFile(path, 'utf8')).endsWith('\n')).toBe(true);
      expect(child.output().match(/broken/g)).toHaveLength(1);
      await promisify(execFile)('prlimit', [`--pid=${child.child.pid}`, '--fsize=unlimited']);
      await child.wrote(/whole/);
      await child.ended;
      expect((await readAll()).slice(0, 60).map(({ seq }) => seq)).toEqual(
        Array.from({ length: 60 }, (_, index) => index + 1)
      );
    } finally {
      await program.remove();
    }
  });
});
