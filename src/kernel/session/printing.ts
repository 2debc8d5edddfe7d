import type { FrameWriter } from '../frames';
import { writeAll } from '../frames';
import { currentCellId } from './currentCell';

/** Methods of the console that write to standard error. */
const TO_STDERR = new Set(['error', 'warn', 'assert', 'trace']);

type Method = (...values: unknown[]) => unknown;

interface Output {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

interface NodeOutput {
  write: (chunk?: unknown, ...rest: unknown[]) => boolean;
  end: (...rest: unknown[]) => unknown;
  destroy: () => unknown;
}

/**
 * Lets everything that is printed say which cell it belongs to, and puts standard error in its place
 * between standard output. What child processes print comes by itself.
 */
export class Printing {
  private cell = -1;

  constructor(private readonly frames: FrameWriter) {}

  install(): void {
    this.wrapConsole();
    const { stdout, stderr } = (
      globalThis as unknown as { Deno: { stdout: Output; stderr: Output } }
    ).Deno;
    replaceWrites(stdout, bytes => this.toStdout(() => writeAll(1, bytes)));
    replaceWrites(stderr, bytes => this.toStderr(() => writeAll(2, bytes)));
    replaceNodeWrites(process.stdout, bytes => this.toStdout(() => writeAll(1, bytes)));
    replaceNodeWrites(process.stderr, bytes => this.toStderr(() => writeAll(2, bytes)));
  }

  toStdout<T>(write: () => T): T {
    this.nameCell();
    return write();
  }

  toStderr<T>(write: () => T): T {
    this.nameCell();
    return this.frames.inStderr(write);
  }

  private nameCell(): void {
    const cell = currentCellId();
    if (cell !== this.cell) {
      this.cell = cell;
      this.frames.send({ type: 'cell', cell });
    }
  }

  private wrapConsole(): void {
    const methods = console as unknown as Record<string, Method>;
    for (const [name, method] of Object.entries(methods)) {
      if (typeof method === 'function') {
        const print = TO_STDERR.has(name) ? this.toStderr.bind(this) : this.toStdout.bind(this);
        methods[name] = (...values) => print(() => method(...values));
      }
    }
  }
}

function replaceWrites(output: Output, write: (bytes: Uint8Array) => void): void {
  const writeSync = (bytes: Uint8Array): number => {
    write(bytes);
    return bytes.length;
  };
  const sink = { write: (bytes: Uint8Array) => void writeSync(bytes) };
  Object.defineProperties(output, {
    writeSync: { value: writeSync, configurable: true },
    write: { value: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)), configurable: true },
    // Later cells print, too: `stream.pipeTo(Deno.stdout.writable)` would close it for all.
    writable: { get: () => new WritableStream(sink), configurable: true },
    close: { value: () => undefined, configurable: true }
  });
}

function replaceNodeWrites(output: unknown, write: (bytes: Uint8Array) => void): void {
  const node = output as NodeOutput;
  node.end = (...rest) => {
    if (rest.length > 0 && typeof rest[0] !== 'function') {
      node.write(...rest);
    }
    return node;
  };
  node.destroy = () => node;
  node.write = (chunk, ...rest) => {
    const [encoding] = rest;
    write(
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : (chunk as Uint8Array)
    );
    const done = rest.find(value => typeof value === 'function') as (() => void) | undefined;
    if (done !== undefined) {
      queueMicrotask(done);
    }
    return true;
  };
}
