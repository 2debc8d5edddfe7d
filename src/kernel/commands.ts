/**
 * Reads the commands of the Python half in a thread of its own, so that a cell that computes, or waits
 * for an answer to `prompt`, can be stopped.
 */
import { deno } from './deno';
import { Interrupted } from './session/interrupted';
import type { Command } from './wire';

/** Of executions whose cells may be stopped at the same time. */
const STOP_SLOTS = 65_536;

/** Where it is said that a cell is to stop; at 0 it is said that one of all is. */
function slotOf(cell: number): number {
  return 1 + (cell % (STOP_SLOTS - 1));
}

const INPUT_BYTES = 1 << 20;

/** In `inputState`. */
const InputState = { none: 0, text: 1, dismissed: 2, interrupted: 3 } as const;

/** The name of the thread. */
export const READER_NAME = 'bedrock-import-kernel-reader';

interface Shared {
  /** One number a slot: not 0 when the cell is to stop. The first is of all cells. */
  stops: Int32Array;
  /** What has come for `prompt`, and its length in bytes. */
  input: Int32Array;
  text: Uint8Array;
}

interface Thread {
  postMessage(value: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export class CommandReader {
  private readonly shared: Shared = {
    stops: new Int32Array(new SharedArrayBuffer(STOP_SLOTS * 4)),
    input: new Int32Array(new SharedArrayBuffer(8)),
    text: new Uint8Array(new SharedArrayBuffer(INPUT_BYTES))
  };

  /**
   * @param onCommand everything but answers to `prompt`
   * @param onEnd the Python half is gone
   */
  constructor(onCommand: (command: Command) => void, onEnd: () => void) {
    const thread = new Worker(import.meta.url, {
      type: 'module',
      name: READER_NAME
    }) as unknown as Thread;
    thread.onmessage = ({ data }) => {
      if (data === null) {
        onEnd();
      } else {
        onCommand(JSON.parse(data as string) as Command);
      }
    };
    thread.postMessage(this.shared);
  }

  get stops(): Int32Array {
    return this.shared.stops;
  }

  isStopped(cell: number): boolean {
    return Atomics.load(this.shared.stops, slotOf(cell)) !== 0;
  }

  /** A slot may be that of an earlier cell that was stopped. */
  begin(cell: number): void {
    Atomics.store(this.shared.stops, slotOf(cell), 0);
  }

  /**
   * Stands still until the user has answered.
   *
   * @param cell the id of the execution that asks
   * @param ask asks the user; called when an answer can be taken
   * @returns null when the question was dismissed
   * @throws Interrupted
   */
  waitForInput(cell: number, ask: () => void): string | null {
    const { input, text } = this.shared;
    Atomics.store(input, 0, InputState.none);
    // The thread first says that a cell is to stop, and then answers its question: one of both is seen.
    if (this.isStopped(cell)) {
      throw new Interrupted('The cell was interrupted before it could ask.');
    }
    ask();
    Atomics.wait(input, 0, InputState.none);
    const state = Atomics.load(input, 0);
    if (state === InputState.interrupted) {
      throw new Interrupted('Nobody answered: the cell was interrupted.');
    }
    // A copy, because a TextDecoder takes no shared memory.
    return state === InputState.text
      ? new TextDecoder().decode(text.slice(0, Atomics.load(input, 1)))
      : null;
  }
}

/** In the thread. */
export function readCommands(): void {
  const thread = globalThis as unknown as Thread;
  thread.onmessage = ({ data }) => {
    void read(data as Shared, thread);
  };
}

async function read(shared: Shared, thread: Thread): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of deno.stdin.readable) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      take(line, shared, thread);
    }
  }
  // Loops that run end now; whoever waits is told.
  shared.stops.fill(1);
  answer(shared, InputState.interrupted);
  thread.postMessage(null);
}

function take(line: string, shared: Shared, thread: Thread): void {
  if (line.startsWith('{"type":"input"')) {
    const { text } = JSON.parse(line) as { text: string | null };
    if (text === null) {
      answer(shared, InputState.dismissed);
    } else {
      const { written } = encodeInto(text, shared.text);
      Atomics.store(shared.input, 1, written);
      answer(shared, InputState.text);
    }
    return;
  }
  if (line.startsWith('{"type":"interrupt"')) {
    const { id } = JSON.parse(line) as { id: number };
    Atomics.store(shared.stops, slotOf(id), 1);
    Atomics.store(shared.stops, 0, 1);
    answer(shared, InputState.interrupted);
  }
  thread.postMessage(line);
}

function encodeInto(text: string, target: Uint8Array): { written: number } {
  const bytes = new TextEncoder().encode(text).subarray(0, target.length);
  target.set(bytes);
  return { written: bytes.length };
}

function answer({ input }: Shared, state: number): void {
  Atomics.store(input, 0, state);
  Atomics.notify(input, 0);
}
