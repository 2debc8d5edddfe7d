import { createOutput } from '../output';
import { recordedIo } from '../testing/recordedIo';
import { cellWidth } from '../text/plainText';
import { copyRows } from './progressBars';
import { createProgressView } from './progressView';
import type { ShownProgress } from './types';

function progressAt(movedBytes: number, more: Partial<ShownProgress> = {}): ShownProgress {
  return {
    phase: 'copy',
    totalBytes: 200e6,
    movedBytes,
    bytesPerSecond: 95.3e6,
    meanBytesPerSecond: 80.2e6,
    secondsLeft: 2,
    filesTotal: 10,
    filesDone: 3,
    filesProved: 3,
    retries: 0,
    retryCauses: {},
    connections: 16,
    files: [
      { path: 'config.json', sizeBytes: 700, movedBytes: 700, state: 'proved' },
      {
        path: 'model-00001-of-00003.safetensors',
        sizeBytes: 100e6,
        movedBytes: 43e6,
        state: 'copying'
      },
      {
        path: 'model-00002-of-00003.safetensors',
        sizeBytes: 100e6,
        movedBytes: 100e6,
        state: 'proving'
      },
      {
        path: 'model-00003-of-00003.safetensors',
        sizeBytes: 100e6,
        movedBytes: 0,
        state: 'waiting'
      }
    ],
    ...more
  };
}

function viewOn(options: Parameters<typeof recordedIo>[0], plain = false) {
  const io = recordedIo(options);
  const output = createOutput(io);
  const clock = { time: 0, now: () => clock.time };
  const view = createProgressView(output.stderr, { plain, asciiOnly: output.asciiOnly, clock });
  return { io, view, clock };
}

describe('plain lines', () => {
  it('prints at most one line in a second and for each 5 %', () => {
    const { io, view, clock } = viewOn({ terminal: false });
    for (let percent = 0; percent <= 100; percent += 1) {
      clock.time += 100;
      view.copy(progressAt(percent * 2e6));
    }
    const lines = io.err().trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/^Copying: 0 %/);
    expect(lines.at(-1)).toMatch(/^Copying: 100 %, 200\.\d* MB of 200\.\d* MB/);
  });

  it('says so when the proof and the manifest begin', () => {
    const { io, view } = viewOn({});
    view.copy(progressAt(200e6));
    view.copy(progressAt(200e6, { phase: 'proof' }));
    view.copy(progressAt(200e6, { phase: 'manifest', filesProved: 10 }));
    expect(io.err().split('\n').slice(1, 3)).toEqual([
      'Proving: 3 of 10 files proved.',
      'Writing the manifest; 10 of 10 files proved.'
    ]);
  });

  it('does not repeat a status, and not every retry', () => {
    const { io, view, clock } = viewOn({});
    const retry = { path: 'a', part: 2, cause: 'SlowDown', attempt: 1, waitMs: 900 };
    view.status('Waiting');
    view.status('Waiting');
    view.retry(retry);
    view.retry(retry);
    clock.time += 40_000;
    view.status('Waiting');
    view.status('Still waiting');
    expect(io.err()).toBe(
      'Waiting\nTrying a, part 2 again in 1 s (try 2): SlowDown\nStill waiting\n'
    );
  });

  it('says how long it waits, and repeats that now and then only', () => {
    const { io, view, clock } = viewOn({});
    for (let waitedMs = 0; waitedMs <= 60_000; waitedMs += 5000) {
      clock.time = waitedMs;
      view.status('The model is not ready', { waitedMs, budgetMs: 900_000 });
    }
    expect(io.err().trimEnd().split('\n')).toEqual([
      'The model is not ready (waited 0 s of at most 15 min 00 s)',
      'The model is not ready (waited 30 s of at most 15 min 00 s)',
      'The model is not ready (waited 1 min 00 s of at most 15 min 00 s)'
    ]);
  });

  it('says at once that it waits for something else', () => {
    const { io, view, clock } = viewOn({});
    view.status('Import job a: InProgress');
    clock.time += 3000;
    view.status('The model is not ready', { waitedMs: 0, budgetMs: 900_000 });
    expect(io.err().trimEnd().split('\n')).toHaveLength(2);
  });

  it('tells both rates, the connections and what retries were for', () => {
    const { io, view } = viewOn({});
    view.copy(
      progressAt(90e6, {
        retries: 4,
        retryCauses: { 'the connection was reset': 1, 'S3 answered 503': 3 }
      })
    );
    expect(io.err()).toBe(
      'Copying: 45 %, 90.00 MB of 200.00 MB, 95.30 MB/s (mean 80.20 MB/s), 0:02 left, ' +
        '3 of 10 files proved, 16 connections, ' +
        '4 retries (3 × S3 answered 503, 1 × the connection was reset)\n'
    );
  });

  it('tells what is on disk where the copy goes through it', () => {
    const { io, view } = viewOn({});
    view.copy(progressAt(90e6, { downloadedBytes: 120e6 }));
    expect(io.err()).toContain(', 120.00 MB on disk, ');
    const short = viewOn({});
    short.view.copy(progressAt(90e6, { downloadedBytes: 120e6, secondsUntilFull: 372 }));
    expect(short.io.err()).toContain(', 120.00 MB on disk, full in 6 min 12 s, ');
  });

  it('says at once when fewer connections are used, and now and then when more are', () => {
    const { io, view, clock } = viewOn({});
    for (let second = 0; second < 60; second += 1) {
      clock.time = second * 1000;
      view.connections({ connections: second + 2, why: 'more goes through' });
    }
    clock.time += 10_000;
    view.connections({ connections: 8, why: 'S3 asked for fewer' });
    expect(io.err().trimEnd().split('\n')).toEqual([
      'Now up to 32 connections: more goes through',
      'Now up to 8 connections: S3 asked for fewer'
    ]);
  });

  it('is what --json gets on a terminal, too', () => {
    const { io, view } = viewOn({ terminal: true }, true);
    view.copy(progressAt(100e6));
    expect(io.err()).not.toContain('\u001b');
  });
});

describe('bars', () => {
  const glyphs = { full: '#', empty: '-', ellipsis: '~' };

  it.each([200, 120, 80, 60, 40, 20])('never is wider than %d columns', columns => {
    const rows = copyRows(progressAt(90e6), { columns, fileRows: 4, glyphs });
    expect(rows).toHaveLength(6);
    expect(cellWidth(rows[0] ?? '')).toBeLessThanOrEqual(columns);
  });

  it('shows the whole, the counts and the files at work', () => {
    const rows = copyRows(progressAt(90e6), { columns: 100, fileRows: 2, glyphs });
    expect(rows[0]).toMatch(
      /^Copy {5}#+-+ +45 % +90\.\d* MB of 200\.\d* MB +95\.\d* MB\/s +0:02 left$/
    );
    expect(rows[1]).toContain('3 of 10 files proved, 16 connections, mean 80.20 MB/s, 0 retries');
    expect(rows[2]).toMatch(/model-00001-of-00003\.safetensors +43 % {2}copying$/);
    expect(rows[3]).toMatch(/model-00002-of-00003\.safetensors +100 % {2}proving$/);
  });

  it('keeps every field in its place while the numbers grow', () => {
    const places = [5e6, 90e6, 199e6].map(moved =>
      (copyRows(progressAt(moved), { columns: 100, fileRows: 0, glyphs })[0] ?? '').indexOf(' of ')
    );
    expect(new Set(places).size).toBe(1);
  });

  it('draws over the same rows and leaves a clean screen', () => {
    const { io, view, clock } = viewOn({ terminal: true, columns: 100, rows: 30 });
    view.copy(progressAt(0));
    clock.time += 200;
    view.copy(progressAt(90e6));
    view.stage('Copied');
    view.close();
    const screen = replay(io.err());
    expect(screen).toEqual(['Copied', '']);
    expect(io.err().match(/45 %/g)).toHaveLength(1);
  });

  it('shows for a while what has just happened, and a wait above all', () => {
    const { io, view, clock } = viewOn({ terminal: true, columns: 120, rows: 30 });
    const lastRows = (): string => {
      clock.time += 200;
      const from = io.err().length;
      view.copy(progressAt(90e6));
      return io.err().slice(from);
    };
    view.copy(progressAt(0));
    view.connections({ connections: 20, why: 'more goes through' });
    expect(lastRows()).toContain('Now up to 20 connections');
    view.status('The credentials have expired', { waitedMs: 61_000, budgetMs: 900_000 });
    view.retry({ path: 'a', cause: 'HTTP 503', attempt: 1, waitMs: 900 });
    const rows = lastRows();
    expect(rows).toContain('The credentials have expired (1:01 of at most 15 min 00 s)');
    expect(rows).toContain('45 %');
    clock.time += 20_000;
    expect(lastRows()).toContain('3 of 10 files proved');
    view.close();
  });

  it('shows files whose bytes are not known without a percentage', () => {
    const files = [{ path: 'a.safetensors', state: 'copying' as const }];
    const rows = copyRows(progressAt(90e6, { files }), { columns: 100, fileRows: 1, glyphs });
    expect(rows[2]).toMatch(/^ {2}a\.safetensors +copying$/);
  });

  it('neutralises file names', () => {
    const { io, view } = viewOn({ terminal: true });
    const files = [{ path: 'a\u001b[2Jb', sizeBytes: 1, movedBytes: 0, state: 'copying' as const }];
    view.copy(progressAt(0, { files }));
    view.close();
    expect(io.err()).toContain('a\\x1b[2Jb');
    expect(io.err()).not.toContain('\u001b[2J');
  });

  it('stays within the terminal in ASCII, too', () => {
    const path = `模型-${'a'.repeat(60)}-\u001b-…`;
    const files = [{ path, sizeBytes: 1, movedBytes: 0, state: 'copying' as const }];
    const { io, view } = viewOn({ terminal: true, columns: 40, env: { LANG: 'C' } });
    view.copy(progressAt(0, { files }));
    view.close();
    const rows = io.err().split('\u001b[K');
    expect(Math.max(...rows.map(row => row.replace(/[\r\n]|\u001b\[1A/g, '').length))).toBe(39);
  });

  it('shows nothing but stages after the end', () => {
    const { io, view } = viewOn({ terminal: true });
    view.close();
    view.copy(progressAt(90e6));
    view.status('Waiting');
    view.stage('Stopping');
    expect(io.err()).toBe('Stopping\n');
  });

  it('uses ASCII when the locale is not UTF-8', () => {
    const { io, view } = viewOn({ terminal: true, env: { LANG: 'C' } });
    view.copy(progressAt(90e6));
    view.close();
    expect(io.err()).toMatch(/^[\u0000-\u007e]*$/);
    expect(io.err()).toContain('###');
  });
});

/** What a terminal shows after these bytes: knows just the three movements that the bars use. */
function replay(bytes: string): string[] {
  const lines = [''];
  let row = 0;
  for (const [token] of bytes.matchAll(/\u001b\[1A|\u001b\[K|\r|\n|[^\u001b\r\n]+/g)) {
    if (token === '\u001b[1A') {
      row -= 1;
    } else if (token === '\u001b[K') {
      lines[row] = '';
    } else if (token === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (token !== '\r') {
      lines[row] = token;
    }
  }
  while (lines.length > 1 && lines.at(-1) === '' && lines.at(-2) === '') {
    lines.pop();
  }
  return lines;
}
