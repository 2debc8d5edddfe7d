import { AwsClients, createAwsClients } from '../aws';
import { detectEnvironment, Environment } from '../environment';
import { BedrockImportError, cancelledError } from '../errors';
import { createEngineContext, EngineContext, JobStore } from '../jobs';
import type { CommandIo } from './io';
import type { Output, Printer } from './output';
import { createProgressView, ProgressView } from './progress/progressView';

/** Options that every subcommand takes. */
export interface GlobalOptions {
  json?: boolean;
  region?: string;
  debug?: boolean;
}

/** What a subcommand hands back: the same facts as a document and in words. */
export interface Outcome {
  /** Missing where what `--json` is to print has been printed already. */
  document?: object;
  /** Prints the result for people; not called under `--json`. */
  print?: (to: Printer) => void;
  /** @default 0, or what the error's kind says */
  exitCode?: number;
  /** A refusal whose details are in `document`; both are printed. */
  error?: BedrockImportError;
}

/** What a subcommand works with. Nothing in it is made before it is asked for. */
export interface Session {
  readonly json: boolean;
  readonly io: CommandIo;
  readonly output: Output;
  /** For words that come before the end: stdout, or stderr when stdout belongs to the document. */
  readonly words: Printer;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  environment(): Promise<Environment>;
  /** Enough for what only talks to AWS: a broken hub token does not stand in its way. */
  aws(): Promise<AwsClients>;
  engine(): Promise<EngineContext>;
  /** The jobs of this machine; one store for the whole run, because it knows what this process runs. */
  jobs(): Promise<JobStore>;
  /** Asks on the terminal; the answer is No unless it is clearly Yes. */
  confirm(question: string): Promise<boolean>;
  /** True when there is somebody to ask. */
  readonly canAsk: boolean;
  close(): void;
}

export function createSession(options: {
  io: CommandIo;
  output: Output;
  global: GlobalOptions;
  signal: AbortSignal;
}): Session {
  const { io, output, global, signal } = options;
  const json = global.json === true;
  const progress = createProgressView(output.stderr, { plain: json, asciiOnly: output.asciiOnly });
  const closers: Array<() => void> = [];
  let asking = false;
  const onAbort = (): void => {
    if (asking) {
      output.stderr.line();
    }
    progress.stage('Stopping. Ctrl-C again ends at once.');
    progress.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const environment = once(() => detectEnvironment({ region: global.region }));
  return {
    json,
    io,
    output,
    words: json ? output.stderr : output.stdout,
    progress,
    signal,
    environment,
    aws: once(async () => {
      const aws = createAwsClients({ region: (await environment()).region?.name });
      closers.push(() => aws.destroy());
      return aws;
    }),
    engine: once(async () => {
      const context = await createEngineContext({ region: global.region });
      output.redactor.add(context.hub.token?.value);
      return context;
    }),
    jobs: once(async () => JobStore.open((await environment()).stateDirectory)),
    canAsk: !json && io.stdinIsTerminal && io.stderr.isTerminal,
    confirm: async question => {
      asking = true;
      try {
        const answer = await io.ask(`${question} [y/N] `, signal);
        return /^\s*y(es)?\s*$/i.test(answer);
      } catch (error) {
        throw signal.aborted ? cancelledError() : error;
      } finally {
        asking = false;
      }
    },
    close: () => {
      signal.removeEventListener('abort', onAbort);
      progress.close();
      closers.forEach(close => close());
    }
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
