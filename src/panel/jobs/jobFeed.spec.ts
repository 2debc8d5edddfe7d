import type { JobEvent } from '../../protocol';
import { FakeEngine } from '../testing/fakeEngine';
import { JobFeeds } from './jobFeed';
import { jobFact } from './testing/jobFacts';

jest.useFakeTimers();

const ID = 'import-model';
const AT = '2026-11-28T10:00:00.000Z';

function warning(seq: number): JobEvent {
  return { seq, at: AT, type: 'warning', message: `${seq}` };
}

function setUp() {
  const engine = new FakeEngine();
  const feeds = new JobFeeds(engine);
  const feed = feeds.acquire(ID);
  const follows = (): unknown[] =>
    engine.sent.filter(({ method }) => method === 'jobs/follow').map(({ params }) => params);
  const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(200);
  return { engine, feeds, feed, follows, settle };
}

describe('the feed of a job', () => {
  it('follows once, however many look, and stops with the last of them', async () => {
    const { engine, feeds, follows, settle } = setUp();
    expect(follows()).toEqual([]);
    engine.becomeReady();
    expect(feeds.acquire(ID)).toBe(feeds.acquire(ID));
    await settle();
    expect(follows()).toEqual([{ id: ID, from: 1 }]);
    [1, 2, 3].forEach(() => feeds.release(ID));
    const again = feeds.acquire(ID);
    await settle();
    expect(follows()).toHaveLength(2);
    expect(again.story.lastSeq).toBe(0);
  });

  it('goes on after the last event that it has when the connection is back', async () => {
    const { engine, feed, follows, settle } = setUp();
    engine.becomeReady();
    engine.followed.get(ID)?.(warning(1));
    engine.followed.get(ID)?.(warning(2));
    await settle();
    expect(feed.story.lastSeq).toBe(2);
    engine.setState({ status: 'connecting' });
    engine.loseFollowers();
    await settle();
    expect(follows()).toHaveLength(1);
    engine.becomeReady();
    await settle();
    expect(follows()[1]).toEqual({ id: ID, from: 3 });
    // The engine tells it again, for whatever reason.
    engine.followed.get(ID)?.(warning(2));
    engine.followed.get(ID)?.(warning(3));
    await settle();
    expect(feed.story.warnings).toEqual(['1', '2', '3']);
  });

  it('follows anew when a job that rested runs again', async () => {
    const { engine, feed, follows, settle } = setUp();
    engine.becomeReady();
    engine.followed.get(ID)?.({ seq: 1, at: AT, type: 'state', state: 'interrupted' });
    engine.endFollowing(ID, 1);
    await settle();
    expect(feed.story.state).toBe('interrupted');
    engine.jobsChanged.emit([jobFact({ state: 'interrupted' })]);
    await settle();
    expect(follows()).toHaveLength(1);
    engine.jobsChanged.emit([jobFact({ state: 'running' })]);
    await settle();
    expect(follows()[1]).toEqual({ id: ID, from: 2 });
  });

  it('takes a state that the engine found, which has the number of the event before', async () => {
    const { engine, feed, follows, settle } = setUp();
    engine.becomeReady();
    engine.followed.get(ID)?.({ seq: 1, at: AT, type: 'state', state: 'running' });
    engine.followed.get(ID)?.({ seq: 1, at: AT, type: 'state', state: 'interrupted' });
    engine.endFollowing(ID, 1);
    await settle();
    expect(feed.story.state).toBe('interrupted');
    // It is known, so nobody has to ask again.
    engine.jobsChanged.emit([jobFact({ state: 'interrupted' })]);
    await settle();
    expect(follows()).toHaveLength(1);
  });

  it('begins anew with a job that was removed and made again under its id', async () => {
    const { engine, feed, follows, settle } = setUp();
    engine.becomeReady();
    engine.jobsChanged.emit([jobFact()]);
    const old = engine.followed.get(ID);
    old?.(warning(1));
    old?.(warning(2));
    await settle();
    engine.jobsChanged.emit([]);
    expect(feed.story.lastSeq).toBe(2);
    engine.jobsChanged.emit([jobFact({ createdAt: '2026-11-28T12:00:00.000Z' })]);
    old?.(warning(3));
    await settle();
    expect(follows()[1]).toEqual({ id: ID, from: 1 });
    engine.followed.get(ID)?.(warning(1));
    await settle();
    expect(feed.story.warnings).toEqual(['1']);
  });

  it('follows a job again only when the engine knows that nobody follows it', async () => {
    const { engine, feeds, follows, settle } = setUp();
    engine.becomeReady();
    engine.answersSlowly = true;
    feeds.release(ID);
    const next = feeds.acquire(ID);
    await settle();
    expect(follows()).toHaveLength(1);
    engine.endFollowing(ID);
    await settle();
    expect(follows()).toHaveLength(2);
    engine.followed.get(ID)?.(warning(1));
    await settle();
    expect(next.story.warnings).toEqual(['1']);
  });

  it('tells of events that come together once', async () => {
    const { engine, feed, settle } = setUp();
    let told = 0;
    feed.changed.connect(() => {
      told += 1;
    });
    engine.becomeReady();
    for (let seq = 1; seq <= 500; seq += 1) {
      engine.followed.get(ID)?.(warning(seq));
    }
    await settle();
    expect(feed.story.warnings).toHaveLength(500);
    expect(told).toBe(1);
  });

  it('says why a job cannot be followed', async () => {
    const { engine, feed, settle } = setUp();
    engine.failFollowing({ code: 'JOB_NOT_FOUND', message: 'Gone.', nextStep: '', kind: 'failed' });
    engine.becomeReady();
    await settle();
    expect(feed.failure?.message).toBe('Gone.');
  });
});
