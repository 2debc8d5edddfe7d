import process from 'node:process';
import { createInterface } from 'node:readline/promises';

/** Where one kind of output goes. */
export interface TextSink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Cells of a line; read anew each time, because a terminal can change its size. */
  readonly columns: number;
  readonly rows: number;
}

/** Everything of the process that the command touches, so that tests can stand in for a terminal. */
export interface CommandIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly stdinIsTerminal: boolean;
  /** All of standard input, at most `maxBytes + 1` of it. */
  readStdin(maxBytes: number): Promise<Uint8Array>;
  /** One line from the terminal; the question itself goes to stderr. */
  ask(question: string, signal: AbortSignal): Promise<string>;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export function processIo(): CommandIo {
  return {
    stdout: streamSink(process.stdout),
    stderr: streamSink(process.stderr),
    env: process.env,
    platform: process.platform,
    stdinIsTerminal: process.stdin.isTTY === true,
    readStdin,
    ask: async (question, signal) => {
      // Not a terminal to readline: raw mode would swallow Ctrl-C.
      const lines = createInterface({
        input: process.stdin,
        output: process.stderr,
        terminal: false
      });
      // Ctrl-D is no answer; without this the question would stay open for ever.
      const ended = new Promise<string>(resolve => lines.once('close', () => resolve('')));
      try {
        return await Promise.race([lines.question(question, { signal }), ended]);
      } finally {
        lines.close();
      }
    }
  };
}

function streamSink(stream: NodeJS.WriteStream): TextSink {
  let gone = false;
  // A reader that leaves early (`… | head -1`) is no failure of the command.
  stream.on('error', () => {
    gone = true;
  });
  return {
    write: text => {
      if (gone) {
        return;
      }
      try {
        stream.write(text);
      } catch {
        gone = true;
      }
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || DEFAULT_COLUMNS;
    },
    get rows() {
      return stream.rows || DEFAULT_ROWS;
    }
  };
}

async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array | string>) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    total += bytes.length;
    if (total > maxBytes) {
      break;
    }
  }
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
