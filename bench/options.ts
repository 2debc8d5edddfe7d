import { Command, InvalidArgumentError } from 'commander';

import { NETWORK_NAMES, type NetworkName } from './networks';
import { USUAL_WAYS, WAY_NAMES, type WayName } from './ways';
import { WORKLOAD_NAMES, type Scales, type WorkloadName } from './workloads';

export interface BenchOptions {
  rounds: number;
  /** No round is begun that would end later than this after the first. */
  minutes: number;
  /** Of the large workloads; each has its own when none is given. */
  scale?: Scales;
  quick: boolean;
  ways: readonly WayName[];
  workloads: readonly WorkloadName[];
  networks: readonly NetworkName[];
  profile: boolean;
  singles: boolean;
  /** What was typed, for the record. */
  commandLine: string;
}

/** Prints help or what is wrong and ends the process. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description(
      'Copies generated models from the hub to S3 of the sandbox with bedrock-import and with other ' +
        'tools, in turns. A run of everything writes bench/RESULTS.md at its end. Only Linux can tell all numbers.'
    )
    .option('--quick', 'everything once with small files, in five minutes; writes no results')
    .option('--full', 'one and shards in their true size; takes many hours')
    .option(
      '--scale <factors>',
      'sizes of the large workloads, such as one=0.4,shards=0.05',
      toScales
    )
    .option('--rounds <number>', 'how often each is measured', toRounds)
    .option('--minutes <number>', 'begin no round that would end later', toRounds)
    .option('--only <names>', `of ${WAY_NAMES.join(', ')}`, toNames(WAY_NAMES))
    .option('--workloads <names>', `of ${WORKLOAD_NAMES.join(', ')}`, toNames(WORKLOAD_NAMES))
    .option('--networks <names>', `of ${NETWORK_NAMES.join(', ')}`, toNames(NETWORK_NAMES))
    .option('--no-singles', 'leave out memory at rest, time to the first byte and planning')
    .option(
      '--profile',
      'write bench/PROFILE.md, where the time of bedrock-import goes, and no results'
    )
    .allowExcessArguments(false);
  command.parse(argv, { from: 'user' });
  const values = command.opts<{
    quick?: boolean;
    full?: boolean;
    scale?: Scales;
    rounds?: number;
    minutes?: number;
    only?: WayName[];
    workloads?: WorkloadName[];
    networks?: NetworkName[];
    singles: boolean;
    profile?: boolean;
  }>();
  const quick = values.quick ?? false;
  return {
    rounds: values.rounds ?? (quick ? 1 : 5),
    scale: values.full === true ? { one: 1, shards: 1 } : values.scale,
    minutes: values.minutes ?? Number.POSITIVE_INFINITY,
    quick,
    ways: values.only ?? USUAL_WAYS,
    workloads: values.workloads ?? WORKLOAD_NAMES,
    networks: values.networks ?? NETWORK_NAMES,
    profile: values.profile ?? false,
    singles: values.singles,
    commandLine: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ')
  };
}

function toScales(text: string): Scales {
  const scales: Scales = {};
  for (const piece of text.split(',')) {
    const [, name, factor] = /^(one|shards)=(\d*\.?\d+)$/.exec(piece.trim()) ?? [];
    const scale = Number(factor);
    if (!(scale > 0 && scale <= 1)) {
      throw new InvalidArgumentError('Factors above 0, at most 1, such as one=0.4,shards=0.05.');
    }
    scales[name as keyof Scales] = scale;
  }
  return scales;
}

function toRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new InvalidArgumentError('A whole number from 1.');
  }
  return rounds;
}

function toNames<T extends string>(known: readonly T[]): (text: string) => T[] {
  return text =>
    text.split(',').map(name => {
      const found = known.find(each => each === name.trim());
      if (found === undefined) {
        throw new InvalidArgumentError(`Not '${name}'; known: ${known.join(', ')}.`);
      }
      return found;
    });
}
