import type { Verdict } from '../checks';
import { BedrockImportError } from '../errors';
import type { CommandIo, TextSink } from './io';
import { createRedactor, Redactor } from './redaction';
import { neutralise, neutraliseBlock, speaksUtf8, toAscii, toSafeJson } from './text/plainText';

const VERDICT_COLOURS: Readonly<Record<Verdict, number>> = { ok: 32, warning: 33, blocker: 31 };
const VERDICT_WIDTH = 'blocker'.length;

/** One stream of the command: everything written goes through redaction and neutralising. */
export interface Printer {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  /** One line; control characters in it become visible. */
  line(text?: string): void;
  lines(texts: readonly string[]): void;
  /** A line that starts with a verdict, coloured where colour is welcome. */
  verdict(verdict: Verdict, text: string): void;
  /** Text with its line breaks, without adding one: a model's answer as it arrives. */
  block(text: string): void;
  /** Cursor movement of the progress bars: `text` is neutralised, `steering` is not. */
  steer(steering: string, text?: string): void;
}

export interface Output {
  readonly stdout: Printer;
  readonly stderr: Printer;
  readonly redactor: Redactor;
  readonly asciiOnly: boolean;
  /** The one JSON document of `--json`. */
  document(value: unknown): void;
  /** One of many JSON documents, on a line of its own. */
  readonly jsonLine: (value: unknown) => void;
  /** An error in words, on stderr. */
  error(error: BedrockImportError): void;
  /** Names and stacks of an error and its causes, on stderr. */
  stack(error: unknown): void;
}

export function createOutput(io: CommandIo): Output {
  const redactor = createRedactor(io.env);
  const asciiOnly = !speaksUtf8(io.env, io.platform);
  const colour = !io.env.NO_COLOR && io.env.TERM !== 'dumb';
  const printer = (sink: TextSink): Printer => {
    const clean = (text: string): string => {
      const redacted = redactor.redact(text);
      return asciiOnly ? toAscii(redacted) : redacted;
    };
    const line = (text = ''): void => sink.write(`${clean(neutralise(text))}\n`);
    return {
      isTerminal: sink.isTerminal,
      get columns() {
        return sink.columns;
      },
      get rows() {
        return sink.rows;
      },
      line,
      lines: texts => texts.forEach(text => line(text)),
      verdict: (verdict, text) => {
        const tag = verdict.padEnd(VERDICT_WIDTH);
        const painted =
          colour && sink.isTerminal ? `\u001b[${VERDICT_COLOURS[verdict]}m${tag}\u001b[0m` : tag;
        sink.write(`${painted}  ${clean(neutralise(text))}\n`);
      },
      block: text => sink.write(clean(neutraliseBlock(text))),
      steer: (steering, text = '') => sink.write(steering + clean(neutralise(text)))
    };
  };
  const stdout = printer(io.stdout);
  const stderr = printer(io.stderr);
  return {
    stdout,
    stderr,
    redactor,
    asciiOnly,
    document: value => io.stdout.write(`${redactor.redact(toSafeJson(value, asciiOnly))}\n`),
    jsonLine: value => io.stdout.write(`${redactor.redact(toSafeJson(value, asciiOnly, 0))}\n`),
    error: error => {
      stderr.line(`Error ${error.code}: ${error.message}`);
      if (error.subject !== undefined && !error.message.includes(error.subject)) {
        stderr.line(`  About:     ${error.subject}`);
      }
      stderr.line(`  Next step: ${error.nextStep}`);
    },
    stack: error => stderr.block(`${stackOf(error)}\n`)
  };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
}
