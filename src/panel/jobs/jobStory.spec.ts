import type { CopyProgress, JobEvent } from '../../protocol';
import { NO_STORY, tellOn } from './jobStory';

const AT = '2026-11-28T10:00:00.000Z';
const PROGRESS: CopyProgress = {
  phase: 'copy',
  totalBytes: 100,
  movedBytes: 40,
  bytesPerSecond: 10,
  meanBytesPerSecond: 10,
  filesTotal: 2,
  filesDone: 0,
  filesProved: 0,
  retries: 1,
  retryCauses: {},
  connections: 8
};

/** Each event a second after the one before. */
function events(...bodies: object[]): JobEvent[] {
  return bodies.map(
    (body, index) =>
      ({
        seq: index + 1,
        at: new Date(Date.parse(AT) + index * 1000).toISOString(),
        ...body
      }) as JobEvent
  );
}

describe('the story of a job', () => {
  it('knows stages with their times, and what they brought', () => {
    const story = tellOn(
      NO_STORY,
      events(
        { type: 'state', state: 'running' },
        { type: 'stage', stage: 'check', state: 'start' },
        { type: 'stage', stage: 'check', state: 'done' },
        { type: 'stage', stage: 'import', state: 'waiting', waitsFor: 'other' },
        { type: 'stage', stage: 'import', state: 'start' },
        { type: 'stage', stage: 'import', state: 'failed', detail: 'no' },
        {
          type: 'state',
          state: 'failed',
          error: { code: 'X', message: 'No.', nextStep: 'Do.', kind: 'failed' }
        }
      )
    );
    expect(story.stages).toEqual([
      {
        stage: 'check',
        state: 'done',
        detail: undefined,
        startedAt: '2026-11-28T10:00:01.000Z',
        endedAt: '2026-11-28T10:00:02.000Z'
      },
      {
        stage: 'import',
        state: 'failed',
        detail: 'no',
        startedAt: '2026-11-28T10:00:03.000Z',
        endedAt: '2026-11-28T10:00:05.000Z'
      }
    ]);
    expect(story).toMatchObject({ state: 'failed', error: { message: 'No.' }, lastSeq: 7 });
  });

  it('knows where each file stands', () => {
    const story = tellOn(
      NO_STORY,
      events(
        { type: 'file', path: 'a', state: 'copying' },
        {
          type: 'progress',
          progress: {
            ...PROGRESS,
            files: [{ path: 'a', sizeBytes: 100, movedBytes: 40, state: 'copying' }]
          }
        },
        { type: 'file', path: 'b', state: 'skipped' },
        { type: 'file', path: 'a', state: 'proved', provedBy: 's3-put-checksum' }
      )
    );
    expect([...story.files]).toEqual([
      ['a', { state: 'proved', movedBytes: 40, provedBy: 's3-put-checksum' }],
      ['b', { state: 'skipped', provedBy: undefined }]
    ]);
    expect(story.progress?.movedBytes).toBe(40);
  });

  it('writes one line for a wait that tells of itself again and again', () => {
    const wait = { type: 'wait', reason: 'The network is down.', budgetMs: 900_000 };
    const story = tellOn(
      NO_STORY,
      events(
        { ...wait, waitedMs: 1_000 },
        { ...wait, waitedMs: 2_000 },
        { ...wait, waitedMs: 3_000 }
      )
    );
    expect(story.wait).toMatchObject({ waitedMs: 3_000 });
    expect(story.log).toHaveLength(1);
    const on = tellOn(story, [{ seq: 4, at: AT, type: 'stage', stage: 'copy', state: 'done' }]);
    expect(on.wait).toBeUndefined();
  });

  it('puts the answer together, and begins it anew with its stage', () => {
    const story = tellOn(
      NO_STORY,
      events(
        { type: 'stage', stage: 'ask', state: 'start' },
        { type: 'answer', text: 'Lon' },
        { type: 'stage', stage: 'ask', state: 'start' },
        { type: 'answer', text: 'Pa' },
        { type: 'answer', text: 'ris' },
        { type: 'result', modelArn: 'arn:model', seconds: 4 }
      )
    );
    expect(story).toMatchObject({ answer: 'Paris', modelArn: 'arn:model' });
  });

  it('forgets what stages did before the job was made anew', () => {
    const story = tellOn(
      NO_STORY,
      events(
        { type: 'stage', stage: 'copy', state: 'done' },
        { type: 'file', path: 'a', state: 'proved' },
        { type: 'state', state: 'waiting', fresh: true }
      )
    );
    expect(story.stages).toEqual([]);
    expect(story.files.size).toBe(0);
    expect(story.log).toHaveLength(3);
  });

  it('keeps the newest thousand lines, and leaves the story before as it was', () => {
    const many = events(
      ...Array.from({ length: 1_500 }, (_, index) => ({ type: 'warning', message: `${index}` }))
    );
    const before = tellOn(NO_STORY, many.slice(0, 10));
    const story = tellOn(before, many.slice(10));
    expect(story.log).toHaveLength(1_000);
    expect(story.log.at(-1)).toMatchObject({ message: '1499' });
    expect(before.log).toHaveLength(10);
    expect(NO_STORY.log).toHaveLength(0);
  });
});
