/** A failure of a cell as Jupyter shows it: what happened, where in which cell, and the line itself. */
import { inspect } from '../display/mimeBundle';
import type { Failure } from '../wire';
import { CellSyntaxError } from './rewrite';

const RED = '\u001b[31m';
const GREY = '\u001b[90m';
const CYAN = '\u001b[36m';
const BOLD = '\u001b[1m';
const OFF = '\u001b[0m';

/** Lines before and after the one that failed. */
const CONTEXT = 2;
const MOST_CAUSES = 5;

/** How frames of cells are named, by the number that stands before the cell. */
export const CELL_NAME = /^In\[(\d+)\]$/;

export interface CellSource {
  code: string;
  /** From a position in what was evaluated to one in the cell. */
  original: (line: number, column: number) => { line: number; column: number };
}

/** Cells that have been evaluated, by their number. */
export type CellSources = ReadonlyMap<number, CellSource>;

interface CallSite {
  getFunctionName(): string | null;
  getScriptNameOrSourceURL(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  isAsync(): boolean;
}

interface Place {
  count: number;
  line: number;
  column: number;
}

type ErrorWithParts = Error & {
  code?: unknown;
  nextStep?: unknown;
  errors?: unknown;
};

/** Frames of the kernel and of Deno itself say nothing about a cell. */
function isHidden(file: string): boolean {
  return file === '' || file.startsWith('ext:') || file === import.meta.url;
}

/** Gives `stack` of every error frames that name cells and their lines. */
export function installStackTraces(sources: CellSources): void {
  Error.stackTraceLimit = 40;
  Error.prepareStackTrace = (error: Error, frames: unknown) => {
    const lines = (frames as CallSite[]).flatMap(frame => frameLine(frame, sources));
    return [headOf(error), ...lines].join('\n');
  };
}

function headOf(error: unknown): string {
  try {
    // As V8 does, also for what is not quite an error.
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

function frameLine(frame: CallSite, sources: CellSources): string[] {
  const file = frame.getScriptNameOrSourceURL() ?? '';
  if (isHidden(file)) {
    return [];
  }
  const line = frame.getLineNumber() ?? 1;
  const column = frame.getColumnNumber() ?? 1;
  const count = Number(CELL_NAME.exec(file)?.[1]);
  const place = sources.get(count)?.original(line, column) ?? { line, column };
  const at = `${file}:${place.line}:${place.column}`;
  const name = frame.getFunctionName();
  const async = frame.isAsync() ? 'async ' : '';
  return [`    at ${async}${name ? `${name} (${at})` : at}`];
}

/** @param count the number of the cell that failed */
export function failureOf(thrown: unknown, count: number, sources: CellSources): Failure {
  try {
    return describeFailure(thrown, count, sources);
  } catch {
    // Getters of a cell's own errors may fail in their turn.
    const evalue = 'The cell threw something that cannot be shown.';
    return { ename: 'Uncaught', evalue, traceback: [`${RED}Uncaught${OFF} ${evalue}`] };
  }
}

function describeFailure(thrown: unknown, count: number, sources: CellSources): Failure {
  if (thrown instanceof CellSyntaxError) {
    const place = { count, line: thrown.line, column: thrown.column };
    return {
      ename: 'SyntaxError',
      evalue: thrown.message,
      traceback: [
        `${RED}SyntaxError${OFF}: ${thrown.message}`,
        `${GREY}    at In[${count}]:${place.line}:${place.column}${OFF}`,
        ...excerpt(place, sources)
      ]
    };
  }
  if (!(thrown instanceof Error)) {
    const text = inspect(thrown);
    return {
      ename: 'Uncaught',
      evalue: text,
      traceback: [`${RED}Uncaught${OFF} ${text}`]
    };
  }
  return {
    ename: String(thrown.name),
    evalue: String(thrown.message),
    traceback: [...describe(thrown, sources, 0), ...excerpt(placeOf(thrown), sources)]
  };
}

function describe(error: ErrorWithParts, sources: CellSources, depth: number): string[] {
  const [head = '', ...frames] = splitStack(error);
  const code = typeof error.code === 'string' ? ` ${GREY}[${error.code}]${OFF}` : '';
  const lines = [`${RED}${head.replace(/^([\w$.]+)(?=:|$)/, `$1${OFF}`)}${OFF}${code}`];
  if (typeof error.nextStep === 'string') {
    lines.push(`${BOLD}What to do:${OFF} ${error.nextStep}`);
  }
  lines.push(...frames.map(line => `${GREY}${line}${OFF}`));
  if (Array.isArray(error.errors)) {
    for (const inner of error.errors.slice(0, MOST_CAUSES) as unknown[]) {
      lines.push(...nested('One of them', inner, sources, depth));
    }
  }
  if (error.cause !== undefined) {
    lines.push(...nested('Caused by', error.cause, sources, depth));
  }
  return lines;
}

function nested(label: string, error: unknown, sources: CellSources, depth: number): string[] {
  if (depth >= MOST_CAUSES) {
    return [];
  }
  const [first = '', ...others] =
    error instanceof Error ? describe(error, sources, depth + 1) : [inspect(error)];
  return [`${label}: ${first}`, ...others];
}

/** The message, which may have many lines, and the frames. */
function splitStack(error: Error): string[] {
  const head = headOf(error);
  const { stack } = error;
  if (typeof stack !== 'string') {
    return [head];
  }
  const frames = stack.split('\n').filter(line => /^ {4}at /.test(line));
  return [head, ...frames];
}

/** The topmost frame that is in a cell. */
function placeOf(error: Error): Place | undefined {
  const [, count, line, column] = /In\[(\d+)\]:(\d+):(\d+)/.exec(error.stack ?? '') ?? [];
  return count === undefined
    ? undefined
    : { count: Number(count), line: Number(line), column: Number(column) };
}

function excerpt(place: Place | undefined, sources: CellSources): string[] {
  const source = place === undefined ? undefined : sources.get(place.count);
  if (place === undefined || source === undefined) {
    return [];
  }
  const lines = source.code.split('\n');
  const first = Math.max(0, place.line - 1 - CONTEXT);
  const last = Math.min(lines.length, place.line + CONTEXT);
  const width = String(last).length;
  const shown = lines.slice(first, last).flatMap((text, index) => {
    const number = first + index + 1;
    const isIt = number === place.line;
    const label = `${isIt ? `${RED}>${OFF}` : ' '} ${CYAN}${String(number).padStart(width)} |${OFF}`;
    const line = `${label} ${text}`;
    const gap = ' '.repeat(width + 5 + Math.max(0, place.column - 1));
    return isIt ? [line, `${gap}${RED}^${OFF}`] : [line];
  });
  return ['', `In[${place.count}]`, ...shown];
}
