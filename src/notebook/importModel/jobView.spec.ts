import type { JobEvent, JobEventBody, JobProgress } from '../../engine';
import { JobPicture } from './jobPicture';
import { jobView } from './jobView';

const START = Date.parse('2026-11-28T10:00:00.000Z');

const PROGRESS: JobProgress = {
  phase: 'copy',
  totalBytes: 1e9,
  movedBytes: 25e7,
  bytesPerSecond: 5e7,
  meanBytesPerSecond: 4e7,
  secondsLeft: 15,
  filesTotal: 4,
  filesDone: 1,
  filesProved: 1,
  retries: 2,
  retryCauses: { 'S3 answered 503': 2 },
  connections: 8
};

function picture(): JobPicture {
  return new JobPicture({
    id: 'import-x-12345678',
    kind: 'import',
    title: 'Import org/name as name',
    state: 'waiting',
    stages: (['check', 'role', 'copy', 'import', 'wait'] as const).map(stage => ({
      stage,
      state: 'pending' as const
    }))
  });
}

/** Events a second apart. */
function add(to: JobPicture, ...bodies: JobEventBody[]): JobPicture {
  bodies.forEach(body => {
    const seq = to.nextSeq;
    const event: JobEvent = { seq, at: new Date(START + seq * 1000).toISOString(), ...body };
    to.add(event);
  });
  return to;
}

const text = (of: JobPicture): string => jobView(of, START + 60_000).text;

describe('the picture of a job', () => {
  it('shows what moves, how fast, how long it still takes, and what was tried again', () => {
    const job = add(
      picture(),
      { type: 'state', state: 'running' },
      { type: 'stage', stage: 'check', state: 'start' },
      { type: 'stage', stage: 'check', state: 'done' },
      { type: 'stage', stage: 'copy', state: 'start' },
      {
        type: 'progress',
        progress: {
          ...PROGRESS,
          files: [
            { path: 'a.safetensors', sizeBytes: 5e8, movedBytes: 1e8, state: 'copying' },
            { path: 'b.json', sizeBytes: 1, movedBytes: 1, state: 'proved' }
          ]
        }
      },
      {
        type: 'retry',
        retry: {
          path: 'a.safetensors',
          part: 3,
          cause: 'S3 answered 503',
          attempt: 1,
          waitMs: 2000
        }
      }
    );
    const shown = text(job);
    expect(shown).toMatch(/✓ +Look again at what goes where +1\.0 s/);
    expect(shown).toMatch(/● +Copy to S3 and prove +56 s/);
    expect(shown).toContain('25 %');
    expect(shown).toContain('50.00 MB/s');
    expect(shown).toContain('0:15 left');
    expect(shown).toContain('2 retries (2 × S3 answered 503)');
    expect(shown).toContain('Trying a.safetensors, part 3 again in 2 s');
    expect(shown).toMatch(/a\.safetensors +100\.00 MB of 500\.00 MB +copying/);
    expect(shown).not.toContain('b.json');
    expect(jobView(job).html.toString()).toContain('aria-valuenow="25"');
  });

  it('shows what is waited for until something moves', () => {
    const job = add(
      picture(),
      { type: 'state', state: 'running' },
      { type: 'stage', stage: 'copy', state: 'start' },
      { type: 'wait', reason: 'The network is gone', waitedMs: 30_000, budgetMs: 900_000 }
    );
    expect(text(job)).toContain('The network is gone (waited 30 s of at most 15 min 00 s)');
    expect(text(add(job, { type: 'progress', progress: PROGRESS }))).not.toContain('network');
    add(job, {
      type: 'stage',
      stage: 'import',
      state: 'waiting',
      detail: 'waits until x has ended'
    });
    expect(text(job)).toContain('waits until x has ended');
  });

  it('keeps warnings, and says where a job stopped', () => {
    const job = add(
      picture(),
      { type: 'state', state: 'running' },
      { type: 'stage', stage: 'copy', state: 'start' },
      { type: 'warning', message: 'The journal cannot be written.' },
      { type: 'state', state: 'paused' }
    );
    expect(text(job)).toContain('Warning: The journal cannot be written.');
    expect(text(job)).toMatch(/‖ +Copy to S3 and prove/);
  });

  it('begins anew with a run that begins anew', () => {
    const job = add(
      picture(),
      { type: 'state', state: 'running' },
      { type: 'stage', stage: 'check', state: 'start' },
      { type: 'stage', stage: 'check', state: 'done' },
      { type: 'stage', stage: 'copy', state: 'start' },
      { type: 'stage', stage: 'copy', state: 'failed', detail: 'S3 said no' },
      { type: 'state', state: 'failed' }
    );
    expect(text(job)).toMatch(/✗ +Copy to S3 and prove +1\.0 s +S3 said no/);
    const again = add(job, { type: 'state', state: 'waiting', fresh: true });
    expect(text(again)).not.toMatch(/[✓✗●]/);
    add(
      again,
      { type: 'state', state: 'running' },
      { type: 'stage', stage: 'check', state: 'start' }
    );
    expect(again.current?.stage).toBe('check');
    expect(again.nextSeq).toBe(10);
  });
});
