import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { FaultError, parseFault, type FaultName } from '../state';

export interface SandboxOptions {
  modelsDirectory?: string;
  json: boolean;
  /** Port of the AWS services; the hub is on the next one. Free ports when missing. */
  port?: number;
  dataDirectory?: string;
  tls: boolean;
  latencyMs: number;
  /** For each connection and direction. */
  bytesPerSecond?: number;
  faults: Partial<Record<FaultName, number | string>>;
  seed?: number;
  region: string;
  /** S3 throws away the bytes of files that the hub has; for benchmarks only. */
  discard: boolean;
  /** Only this side; two processes can then use two cores. */
  serve?: 'hub' | 'aws';
  verbose: boolean;
  /** Ends when standard input does, so that no sandbox outlives the program that started it. */
  stopWithStdin: boolean;
}

/** What to do instead of starting: print `text` (to stdout for --help) and exit with `code`. */
export class OptionsExit extends Error {
  override readonly name = 'OptionsExit';

  constructor(
    readonly text: string,
    readonly code: number
  ) {
    super(text);
  }
}

const DESCRIPTION =
  'Stands in for a model hub, Amazon S3, Amazon Bedrock, IAM and STS on this machine, for trying ' +
  'out and for tests. Prints the environment variables that point unmodified clients to it, and ' +
  'runs until it is interrupted.';

/**
 * @param argv The arguments without program and script.
 * @throws OptionsExit for --help and for values that cannot be understood (one line, code 2).
 */
export function parseOptions(argv: readonly string[]): SandboxOptions {
  let output = '';
  const command = new Command('bedrock-import sandbox')
    .description(DESCRIPTION)
    .option('--models <dir>', 'serve every DIR/org/name/ as a model of the hub')
    .option('--json', 'print one line of JSON, {"env":{…}}, instead of export lines')
    .option(
      '--port <port>',
      'AWS services on this port, the hub on the next; default: free ports',
      toPort
    )
    .option('--data <dir>', 'keep the state here; default: a temporary folder, removed at the end')
    .option('--tls', 'serve HTTPS with a certificate of its own')
    .option('--latency <time>', 'delay each answer, such as 30ms or 0.2s', toMilliseconds)
    .option('--bandwidth <rate>', 'bytes a second for each connection, such as 60MB', toBytes)
    .option('--fault <name=value>', 'make something go wrong; may be given often', collectFault)
    .option('--seed <number>', 'repeat the same faults', toSeed)
    .option('--region <region>', 'the only region there is', toRegion, 'us-east-1')
    .option(
      '--discard',
      "for benchmarks: S3 throws the hub's files away unseen and repeats the hub's SHA-256; proves nothing"
    )
    .addOption(
      new Option('--serve <side>', 'one side alone, the other in a process of its own').choices([
        'hub',
        'aws'
      ])
    )
    .option('--verbose', 'log requests to standard error')
    .addOption(new Option('--stop-with-stdin').hideHelp())
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => {
        output += text;
      },
      writeErr: text => {
        output += text;
      }
    })
    .addHelpText(
      'after',
      `
Faults with a rate from 0 to 1, for each request:
  hub-reset, hub-truncate, hub-stall   the body breaks off, ends early or stands still half-way
  hub-flip-byte, hub-ignore-range      one bit is wrong; the whole file comes instead of a range
  hub-429, hub-expired-url             a refusal of the hub, or of its signed URL
  hub-swap                             other bytes of the same size; or =3s: so long after the file
                                       was first located, and from then on
  s3-503, s3-reset, s3-stall           SlowDown; cut off half-way; not read nor answered any more
Faults with a number:
  hub-reset-every=N                    every Nth body breaks off
  hub-rate-limit=N                     N requests in 5 seconds, told in RateLimit headers, then 429
Faults in seconds:
  s3-503-storm                         SlowDown for all objects so long after the first PUT
  credentials-expire                   the printed credentials expire so long after the start,
  credentials-return                   and hold again after so long (default 5)
  role-not-ready, model-not-ready      so long after its creation
  import-seconds                       how long an import takes
import-failure takes a rate or the message of the failed job.

A model's folder may hold .sandbox.json with files that need no disk:
  {"generated":[{"path":"model.safetensors","sizeBytes":4900000000,"seed":1}]}`
    );
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      throw new OptionsExit(output, error.exitCode === 0 ? 0 : 2);
    }
    throw error;
  }
  const values = command.opts<{
    models?: string;
    json?: boolean;
    port?: number;
    data?: string;
    tls?: boolean;
    latency?: number;
    bandwidth?: number;
    fault?: Partial<Record<FaultName, number | string>>;
    seed?: number;
    region: string;
    discard?: boolean;
    serve?: 'hub' | 'aws';
    verbose?: boolean;
    stopWithStdin?: boolean;
  }>();
  return {
    modelsDirectory: values.models,
    json: values.json ?? false,
    port: values.port,
    dataDirectory: values.data,
    tls: values.tls ?? false,
    latencyMs: values.latency ?? 0,
    bytesPerSecond: values.bandwidth,
    faults: values.fault ?? {},
    seed: values.seed,
    region: values.region,
    discard: values.discard ?? false,
    serve: values.serve,
    verbose: values.verbose ?? false,
    stopWithStdin: values.stopWithStdin ?? false
  };
}

function toPort(text: string): number {
  const port = Number(text);
  // One less than the highest port: the hub's is the next.
  if (!/^\d+$/.test(text) || port < 1 || port > 65_534) {
    throw new InvalidArgumentError('A port is a number from 1 to 65534.');
  }
  return port;
}

function toMilliseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text.trim());
  if (match === null) {
    throw new InvalidArgumentError('Give a time such as 30ms or 0.2s.');
  }
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30
};

function toBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)(?:\/s)?$/i.exec(text.trim());
  const unit = BYTE_UNITS[(match?.[2] ?? '').toLowerCase().replace(/^b$/, '')];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!(bytes >= 1)) {
    throw new InvalidArgumentError('Give bytes a second such as 60MB or 8MiB.');
  }
  return bytes;
}

function toSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) {
    throw new InvalidArgumentError('A seed is a whole number.');
  }
  return Number(text);
}

function toRegion(text: string): string {
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(text)) {
    throw new InvalidArgumentError('Give a region such as us-east-1.');
  }
  return text;
}

function collectFault(
  text: string,
  faults: Partial<Record<FaultName, number | string>> = {}
): Partial<Record<FaultName, number | string>> {
  try {
    const { name, value } = parseFault(text);
    return { ...faults, [name]: value };
  } catch (error) {
    if (error instanceof FaultError) {
      throw new InvalidArgumentError(`${error.message}.`);
    }
    throw error;
  }
}
