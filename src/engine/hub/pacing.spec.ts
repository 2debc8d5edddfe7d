import fc from 'fast-check';
import type { Clock } from '../waiting';
import { HubPacing } from './pacing';

/** Time passes only when somebody sleeps. */
function testClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
    random: () => 0.5
  };
  return clock;
}

const API = 'https://hub.test/api/models/x';
const FILE = 'https://hub.test/x/resolve/main/f';

const told = (left: number, seconds: number, quota = 500): Headers =>
  new Headers({
    ratelimit: `"api";r=${left};t=${seconds}`,
    'ratelimit-policy': `"fixed window";"api";q=${quota};w=300`
  });

describe('requests to the hub', () => {
  it('go at once while there are plenty', async () => {
    const clock = testClock();
    const pacing = new HubPacing(clock);
    pacing.learn(API, told(400, 100));
    for (let index = 0; index < 100; index++) {
      await pacing.turn(API, { longestMs: 1e9 });
    }
    expect(clock.time).toBe(0);
  });

  it('wait for the next window when none is left, and say so once', async () => {
    const clock = testClock();
    const pacing = new HubPacing(clock);
    const waits: number[] = [];
    pacing.learn(API, told(0, 90));
    await pacing.turn(FILE, { longestMs: 1e9, onWait: ms => waits.push(ms) });
    expect(clock.time).toBe(0);
    await pacing.turn(API, { longestMs: 1e9, onWait: ms => waits.push(ms) });
    expect(clock.time).toBe(90_000);
    expect(waits).toEqual([90_000]);
  });

  it('all wait when one of their kind was refused', async () => {
    const clock = testClock();
    const pacing = new HubPacing(clock);
    pacing.refused(FILE, 5_000);
    await pacing.turn(FILE, { longestMs: 1e9 });
    expect(clock.time).toBe(5_000);
  });

  it('do not wait longer than they are told to', async () => {
    const clock = testClock();
    const pacing = new HubPacing(clock);
    pacing.learn(API, told(0, 999_999));
    await pacing.turn(API, { longestMs: 3_000 });
    expect(clock.time).toBe(3_000);
  });

  it('end with the signal', async () => {
    const pacing = new HubPacing(testClock());
    pacing.learn(API, told(0, 9));
    await expect(
      pacing.turn(API, { longestMs: 1e9, signal: AbortSignal.abort() })
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('never exceed what a window allows, and use most of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 300 }),
        async (left, seconds) => {
          const clock = testClock();
          const pacing = new HubPacing(clock);
          pacing.learn(API, told(left, seconds));
          let sent = 0;
          for (;;) {
            await pacing.turn(API, { longestMs: 1e9 });
            if (clock.time >= seconds * 1000) {
              break;
            }
            sent++;
          }
          expect(sent).toBeLessThanOrEqual(left);
          expect(sent).toBeGreaterThanOrEqual(Math.floor(left * 0.9));
        }
      )
    );
  });

  it('take no notice of headers that say nothing', async () => {
    const clock = testClock();
    const pacing = new HubPacing(clock);
    pacing.learn(API, new Headers({ ratelimit: 'nonsense' }));
    pacing.learn(API, new Headers());
    await pacing.turn(API, { longestMs: 1e9 });
    expect(clock.time).toBe(0);
  });
});
