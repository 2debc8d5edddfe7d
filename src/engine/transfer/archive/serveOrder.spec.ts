import fc from 'fast-check';
import { WorkQueue } from '../workQueue';
import { layOutParts, partRange } from '../partSize';
import type { PlannedFile } from '../types';
import { PartBuffers } from './partBuffers';
import { ServeOrder } from './serveOrder';

const UNIT = 16 * 2 ** 20;

/** A file whose parts are as large as those of a plan; its bytes are never made. */
function planned(path: string, units: number): PlannedFile {
  const sizeBytes = Math.round(units * UNIT);
  return { path, key: path, sizeBytes, action: 'copy', ...layOutParts(sizeBytes) };
}

/** Lets others go first, a number of times. */
async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}

interface Scene {
  files: PlannedFile[];
  workers: number;
  buffers: number;
  /** Taken from in turn: how long something takes, what S3 has, which sending fails. */
  delays: number[];
  skipped: boolean[];
  failures: boolean[];
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  files: fc
    .array(fc.double({ min: 0.01, max: 7, noNaN: true }), { minLength: 1, maxLength: 12 })
    .map(sizes => sizes.map((units, index) => planned(`file-${index}`, units))),
  workers: fc.integer({ min: 1, max: 6 }),
  buffers: fc.integer({ min: 1, max: 6 }),
  delays: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
  skipped: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
  failures: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })
});

function turns<T>(values: readonly T[]): () => T {
  let next = 0;
  return () => values[next++ % values.length] as T;
}

interface Outcome {
  /** `path start upload` of what was handed out, with what the buffer said. */
  served: Map<string, string>;
  expected: Map<string, string>;
  mostInUse: number;
  /** How often the reader had to go back. */
  backwards: number;
  failedFiles: number;
}

/** The workers of a copy, a reader, and buffers, all of them slow at random. */
async function play(scene: Scene): Promise<Outcome> {
  const { files, workers } = scene;
  const order = new ServeOrder(files, 2_000_000);
  const buffers = new PartBuffers(scene.buffers, 64);
  const delay = turns(scene.delays);
  const skipped = turns(scene.skipped);
  const failure = turns(scene.failures);
  const offsets = new Map<string, number>();
  files.reduce((offset, file) => {
    offsets.set(file.path, offset);
    return offset + file.sizeBytes;
  }, 0);
  const outcome: Outcome = {
    served: new Map(),
    expected: new Map(),
    mostInUse: 0,
    backwards: 0,
    failedFiles: 0
  };
  const reader = async (): Promise<void> => {
    let position = 0;
    for (let wanted = await order.next(); wanted; wanted = await order.next()) {
      const lent = await buffers.take(64);
      outcome.mostInUse = Math.max(outcome.mostInUse, buffers.inUse);
      const place = (offsets.get(wanted.file.path) ?? 0) + wanted.start;
      if (place < position) {
        outcome.backwards++;
      }
      position = place;
      await pause(delay());
      lent.bytes.fill(0);
      new TextEncoder().encodeInto(`${wanted.file.path} ${wanted.start} ${wanted.end}`, lent.bytes);
      wanted.answer(lent);
    }
  };
  const queue = new WorkQueue<{ file: PlannedFile; left: number; round: number }>();
  const push = (file: PlannedFile, round: number): void =>
    queue.push({ file: { file, left: file.partCount, round }, partCount: file.partCount });
  files.forEach(file => push(file, 1));
  const worker = async (): Promise<void> => {
    for (let part = await queue.take(); part; part = await queue.take()) {
      const { file, round } = part.file;
      const { start, end } = partRange(file.sizeBytes, file.partSizeBytes, part.index);
      // Opening an upload, looking at the parts that are there.
      await pause(delay());
      if (round === 1 && file.method === 'multipart' && skipped()) {
        order.skip(file, start);
      } else {
        const upload = file.method === 'multipart' ? `upload ${round}` : undefined;
        const name = `${file.path} ${start} ${round}`;
        outcome.expected.set(name, `${file.path} ${start} ${end}`);
        const lent = await order.ask(file, start, upload);
        // Sending, perhaps more than once, out of the same buffer.
        await pause(delay());
        const text = new TextDecoder().decode(lent.bytes).replace(/\0+$/, '');
        outcome.served.set(name, text);
        lent.release();
        await pause(delay());
      }
      part.file.left--;
      if (part.file.left === 0 && round < 3 && failure()) {
        // The proof failed: the file goes again as a whole.
        outcome.failedFiles++;
        push(file, round + 1);
      }
      queue.release();
    }
  };
  const reading = reader();
  await Promise.all(Array.from({ length: workers }, worker));
  order.close(new Error('the end'));
  await reading;
  return outcome;
}

it('gives every part exactly its bytes, in one pass, whatever is slow, skipped or sent again', async () => {
  await fc.assert(
    fc.asyncProperty(scenes, async scene => {
      const outcome = await play(scene);
      expect([...outcome.served].sort()).toEqual([...outcome.expected].sort());
      expect(outcome.mostInUse).toBeLessThanOrEqual(scene.buffers);
      if (outcome.failedFiles === 0) {
        expect(outcome.backwards).toBe(0);
      }
    }),
    { numRuns: 300 }
  );
}, 60_000);

it('goes back once for a file that has to go again, however its parts come in', async () => {
  const [first, second] = [planned('first', 4.5), planned('second', 3)];
  const outcome = await play({
    files: [first, second],
    workers: 4,
    buffers: 4,
    delays: [3, 0, 1, 5, 0, 2],
    skipped: [false],
    failures: [true, false, false]
  });
  expect(outcome).toMatchObject({ failedFiles: 1, backwards: 1 });
});

it('serves others when whoever holds the head is held up', async () => {
  const file = planned('file', 3);
  const order = new ServeOrder([file], 20);
  const later = order.ask(file, UNIT, 'u');
  const wanted = await order.next();
  expect(wanted?.start).toBe(UNIT);
  wanted?.answer({ bytes: new Uint8Array(1), release: () => undefined });
  await later;
  const head = order.ask(file, 0, 'u');
  const late = await order.next();
  expect(late?.start).toBe(0);
  late?.refuse(new Error('unreadable'));
  await expect(head).rejects.toThrow('unreadable');
  order.close(new Error('the end'));
});

it('gives the same part again to whoever asks again', async () => {
  const file = planned('file', 2);
  const order = new ServeOrder([file]);
  for (const start of [0, 0, UNIT, 0, UNIT]) {
    const asked = order.ask(file, start, 'u');
    const wanted = await order.next();
    wanted?.answer({ bytes: Uint8Array.of(start === 0 ? 1 : 2), release: () => undefined });
    expect((await asked).bytes[0]).toBe(start === 0 ? 1 : 2);
  }
});

it('does not wait a second time for what never came', async () => {
  const file = planned('file', 6);
  const order = new ServeOrder([file], 50);
  const seen: number[] = [];
  const reading = (async () => {
    for (let wanted = await order.next(); wanted; wanted = await order.next()) {
      seen.push(wanted.start / UNIT);
      wanted.answer({ bytes: new Uint8Array(1), release: () => undefined });
    }
  })();
  const third = order.ask(file, 3 * UNIT, 'u');
  await third;
  await order.ask(file, UNIT, 'u');
  order.skip(file, 4 * UNIT);
  await order.ask(file, 5 * UNIT, 'u');
  order.close(new Error('the end'));
  await reading;
  expect(seen).toEqual([3, 1, 5]);
});

it('ends everybody’s waiting', async () => {
  const file = planned('file', 2);
  const order = new ServeOrder([file]);
  const waiting = order.ask(file, UNIT, 'u');
  const reader = order.next();
  order.close(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await expect(reader).resolves.toBeUndefined();
  await expect(order.ask(file, 0, 'u')).rejects.toThrow('stopped');
});
