import type { CommandIo, TextSink } from '../io';

export interface RecordedIo extends CommandIo {
  readonly out: () => string;
  readonly err: () => string;
  readonly questions: string[];
}

export interface RecordedIoOptions {
  env?: Record<string, string | undefined>;
  terminal?: boolean;
  columns?: number;
  rows?: number;
  answers?: string[];
  stdin?: Uint8Array;
}

/** A command's surroundings that keep what is written; answers to questions are given beforehand. */
export function recordedIo(options: RecordedIoOptions = {}): RecordedIo {
  const out: string[] = [];
  const err: string[] = [];
  const questions: string[] = [];
  const answers = [...(options.answers ?? [])];
  const sink = (texts: string[]): TextSink => ({
    write: text => {
      texts.push(text);
    },
    isTerminal: options.terminal === true,
    columns: options.columns ?? 80,
    rows: options.rows ?? 24
  });
  return {
    stdout: sink(out),
    stderr: sink(err),
    env: { LANG: 'C.UTF-8', ...options.env },
    platform: 'linux',
    stdinIsTerminal: options.terminal === true,
    readStdin: async () => options.stdin ?? new Uint8Array(),
    ask: async question => {
      questions.push(question);
      return answers.shift() ?? '';
    },
    out: () => out.join(''),
    err: () => err.join(''),
    questions
  };
}
