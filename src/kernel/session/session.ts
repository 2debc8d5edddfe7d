/** Runs the cells of one notebook, one after another. */
import { complete } from '../cell/completion';
import { Evaluator, FIRST_LINE_SHIFT } from '../cell/evaluator';
import { failureOf } from '../cell/failure';
import type { CellSource } from '../cell/failure';
import { prepareCell } from '../cell/prepareCell';
import { CellSyntaxError } from '../cell/rewrite';
import { PROMISE_KEY } from '../cell/asyncCell';
import { inspect, mimeBundleOf } from '../display/mimeBundle';
import type { FrameWriter } from '../frames';
import type { Command, Failure } from '../wire';
import { runInCell } from './currentCell';
import type { RunningCell } from './currentCell';
import { Interrupted } from './interrupted';

/** How long a stopped cell may take to end by itself, so that what it does about the signal is seen. */
const GRACE_MS = 300;

type Execute = Extract<Command, { type: 'execute' }>;

export class CellSession {
  readonly sources = new Map<number, CellSource>();
  private readonly evaluator = new Evaluator();
  private running?: RunningCell;

  constructor(
    private readonly frames: FrameWriter,
    private readonly begin: (cell: number) => void
  ) {}

  open(): Promise<void> {
    return this.evaluator.open();
  }

  close(): void {
    this.evaluator.close();
  }

  async execute({ id, count, code, silent }: Execute): Promise<void> {
    const cell: RunningCell = { id, count, stop: new AbortController() };
    this.begin(id);
    this.running = cell;
    let failure: Failure | undefined;
    await runInCell(cell, async () => {
      try {
        const { value } = await orStopped(this.evaluate(cell, code), cell);
        if (!silent) {
          await this.show(value, cell);
        }
      } catch (thrown) {
        failure = this.failureOf(thrown, cell);
      }
    });
    this.running = undefined;
    this.frames.endStderr(id);
    this.frames.send({
      type: 'done',
      cell: id,
      failure,
      ...(cell.stop.signal.aborted ? { interrupted: true } : {})
    });
  }

  interrupt(id: number): void {
    if (this.running?.id === id) {
      this.running.stop.abort(new Interrupted());
    }
  }

  /** What a promise that nobody waits for, or a timer, ended with. */
  stray(thrown: unknown, cell: RunningCell | undefined): void {
    if (thrown instanceof Interrupted) {
      return;
    }
    const { traceback } = failureOf(thrown, cell?.count ?? 0, this.sources);
    const text = `Uncaught, and no cell waits for it: ${traceback.join('\n')}\n`;
    this.frames.send({ type: 'stream', cell: cell?.id ?? 0, name: 'stderr', text });
  }

  complete(code: string, cursor: number): Promise<unknown> {
    return complete(this.evaluator, code, cursor);
  }

  /** What the name or member at the cursor is now. */
  async inspect(code: string, cursor: number): Promise<string | undefined> {
    const before = /[\p{ID_Continue}$.]*$/u.exec(code.slice(0, cursor))?.[0] ?? '';
    const after = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))?.[0] ?? '';
    const expression = before + after;
    if (!/^[\p{ID_Start}$_]/u.test(expression)) {
      return undefined;
    }
    const value = await this.evaluator.peek(expression).catch(() => undefined);
    return value === undefined ? undefined : inspect(value);
  }

  /** Whether Enter should run what has been typed. */
  check(code: string): 'complete' | 'incomplete' | 'invalid' {
    try {
      prepareCell(code);
      return 'complete';
    } catch (thrown) {
      return thrown instanceof CellSyntaxError && thrown.isIncomplete ? 'incomplete' : 'invalid';
    }
  }

  /** In a box: a cell's value may be a promise, which it did not await. */
  private async evaluate(cell: RunningCell, code: string): Promise<{ value: unknown }> {
    this.sources.set(cell.count, { code, original: (line, column) => ({ line, column }) });
    const { scripts, original } = prepareCell(code);
    this.sources.set(cell.count, {
      code,
      original: (line, column) =>
        original(line, line === 1 ? Math.max(1, column - FIRST_LINE_SHIFT) : column)
    });
    let value: unknown;
    for (const script of scripts) {
      const outcome = await this.evaluator.evaluate(script, `In[${cell.count}]`);
      if ('thrown' in outcome) {
        throw outcome.thrown;
      }
      ({ value } = outcome);
    }
    return { value: isPromiseOfCell(value) ? await value[PROMISE_KEY] : value };
  }

  private async show(value: unknown, { id }: RunningCell): Promise<void> {
    const data = await mimeBundleOf(value);
    if (Object.keys(data).length > 0) {
      this.frames.send({ type: 'result', cell: id, data, metadata: {} });
    }
  }

  private failureOf(thrown: unknown, { count, stop }: RunningCell): Failure {
    if (stop.signal.aborted) {
      // Whatever it ended with is a consequence.
      const { name, message } = new Interrupted();
      return { ename: name, evalue: message, traceback: [`${name}: ${message}`] };
    }
    return failureOf(thrown, count, this.sources);
  }
}

function isPromiseOfCell(value: unknown): value is Record<typeof PROMISE_KEY, Promise<unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, PROMISE_KEY);
}

/** The work's own end; or, some time after the cell was stopped, that. The work is then left to itself. */
function orStopped<T>(work: Promise<T>, { stop }: RunningCell): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = stop;
    signal.addEventListener('abort', () => setTimeout(() => reject(new Interrupted()), GRACE_MS), {
      once: true
    });
    work.then(resolve, reject);
  });
}
