import { CommanderError } from 'commander';
import { BedrockImportError, cancelledError } from './errors';
import { ExitCode, exitCodeOf, toCommandError, usageError } from './cli/exitCodes';
import type { CommandIo } from './cli/io';
import { createOutput, Output } from './cli/output';
import { createProgram } from './cli/program';
import { createSession, GlobalOptions, Outcome, Session } from './cli/session';
import { shellLine } from './shellLine';

const WIDEST_HELP = 100;

export interface RunCommandOptions {
  /** What follows the command's name. */
  args: readonly string[];
  io: CommandIo;
  signal: AbortSignal;
}

/** Runs `bedrock-import` with these arguments; every failure is printed, none is thrown. */
export async function runCommand(options: RunCommandOptions): Promise<number> {
  const { args, io, signal } = options;
  const output = createOutput(io);
  const json = isGiven(args, '--json');
  let exitCode: number = ExitCode.done;
  const program = createProgram({
    columns: Math.min(io.stdout.columns, WIDEST_HELP),
    writeOut: text => output.stdout.block(text),
    writeErr: text => {
      if (!json) {
        output.stderr.block(text);
      }
    },
    run: async work => {
      const session = createSession({ io, output, signal, global: program.opts<GlobalOptions>() });
      try {
        exitCode = report(session, await work(session));
      } finally {
        session.close();
      }
    }
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) {
      return ExitCode.done;
    }
    return fail(thrown, { args, output, signal });
  }
}

function report(session: Session, outcome: Outcome): number {
  const { output, json } = session;
  const { document, error, print } = outcome;
  session.progress.clear();
  if (json) {
    if (document ?? error) {
      output.document(error ? { error, ...document } : document);
    }
  } else {
    print?.(output.stdout);
  }
  if (error && !json) {
    output.error(error);
  }
  return outcome.exitCode ?? (error ? exitCodeOf(error) : ExitCode.done);
}

/** Prints a failure that reached nobody, as `runCommand` prints those that reach it. */
export function failCommand(options: RunCommandOptions & { thrown: unknown }): number {
  return fail(options.thrown, { ...options, output: createOutput(options.io) });
}

function fail(
  thrown: unknown,
  context: { args: readonly string[]; output: Output; signal: AbortSignal }
): number {
  const { args, output, signal } = context;
  const error =
    thrown instanceof CommanderError
      ? commanderUsageError(thrown)
      : withWayOn(signal.aborted ? stopped(thrown) : toCommandError(thrown), args);
  if (isGiven(args, '--json')) {
    output.document({ error });
  } else {
    output.error(error);
  }
  if (isGiven(args, '--debug')) {
    output.stack(thrown);
  }
  return exitCodeOf(error);
}

/** After Ctrl-C every failure is its consequence. */
function stopped(thrown: unknown): BedrockImportError {
  return thrown instanceof BedrockImportError && thrown.kind === 'cancelled'
    ? thrown
    : cancelledError(undefined, thrown);
}

/** To go on after a stop, the same words are typed again: here they are. */
function withWayOn(error: BedrockImportError, args: readonly string[]): BedrockImportError {
  return error.kind !== 'cancelled'
    ? error
    : new BedrockImportError({
        ...error.toJSON(),
        nextStep: `${error.nextStep} (${shellLine(['bedrock-import', ...args])})`,
        cause: error
      });
}

function commanderUsageError(error: CommanderError): BedrockImportError {
  if (error.code === 'commander.help') {
    return usageError({
      code: 'USAGE',
      message: 'No subcommand is given.',
      nextStep: 'Choose one: bedrock-import --help lists them.'
    });
  }
  const [message = '', ...suggestion] = error.message.replace(/^error: /, '').split('\n');
  return usageError({
    code: 'USAGE',
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}`,
    nextStep: [...suggestion, 'bedrock-import SUBCOMMAND --help shows what can be given.'].join(' ')
  });
}

/** Known before the arguments are parsed, because that can fail, too. */
function isGiven(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes(flag);
}
