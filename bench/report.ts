import type { Result } from './runWays';
import type { Singles } from './singles';
import { median, spread, type Spread } from './statistics';
import { WAYS, type WayName } from './ways';

export interface Record {
  date: string;
  commandLine: string;
  rounds: number;
  machine: {
    system: string;
    processor: string;
    cores: number;
    memoryBytes: number;
    /** At the end, and so by the benchmark itself. */
    load: number;
  };
  versions: Readonly<{ [name: string]: string }>;
  workloads: ReadonlyArray<{ name: string; title: string; scale: number }>;
  networks: ReadonlyArray<{ name: string; title: string }>;
  results: readonly Result[];
  singles?: Singles;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** One way in one cell of workload and network. */
export interface Summary {
  way: WayName;
  mibPerSecond: Spread;
  cpuPerGib: Spread;
  peakMib: Spread;
  seconds: Spread;
  runs: number;
}

export interface Failed {
  way: WayName;
  runs: number;
  failures: readonly string[];
}

const good = (results: readonly Result[]) => results.filter(each => each.failure === undefined);

/** Failed runs do not count; a way of which none was good has no summary. */
export function summarise(results: readonly Result[]): { summaries: Summary[]; failed: Failed[] } {
  const ways = [...new Set(results.map(result => result.way))];
  const of = (way: WayName) => results.filter(result => result.way === way);
  const summaries = ways.flatMap(way => {
    const runs = good(of(way));
    return runs.length === 0
      ? []
      : [
          {
            way,
            mibPerSecond: spread(runs.map(run => run.bytes / MIB / run.seconds)),
            cpuPerGib: spread(
              runs.map(run => (run.userSeconds + run.systemSeconds) / (run.bytes / GIB))
            ),
            peakMib: spread(runs.map(run => run.peakBytes / MIB)),
            seconds: spread(runs.map(run => run.seconds)),
            runs: runs.length
          }
        ];
  });
  const failed = ways.flatMap(way => {
    const failures = of(way).flatMap(run => (run.failure === undefined ? [] : [run.failure]));
    return failures.length === 0 ? [] : [{ way, runs: of(way).length, failures }];
  });
  return { summaries, failed };
}

/** How ours compares: below 1 is better for processor and memory, above 1 for throughput. */
export interface Ratios {
  way: WayName;
  cpu: number;
  throughput: number;
  memory: number;
}

export function ratios(summaries: readonly Summary[]): Ratios[] {
  const ours = summaries.find(summary => summary.way === 'ours');
  return ours === undefined
    ? []
    : summaries
        .filter(summary => summary.way !== 'ours')
        .map(other => ({
          way: other.way,
          cpu: ours.cpuPerGib.median / other.cpuPerGib.median,
          throughput: ours.mibPerSecond.median / other.mibPerSecond.median,
          memory: ours.peakMib.median / other.peakMib.median
        }));
}

export function renderResults(record: Record): string {
  const cells = record.networks.flatMap(network =>
    record.workloads.map(workload => {
      const results = record.results.filter(
        result => result.network === network.name && result.workload === workload.name
      );
      return { title: `${workload.title}; ${network.title}`, ...summarise(results) };
    })
  );
  return [
    '# The copy beside other tools',
    '',
    `Written by \`${record.commandLine}\` on ${record.date}. Models that are generated, from the ` +
      'hub of the sandbox to an S3 of the sandbox that throws the bytes away, TLS on both sides, ' +
      `in ${record.rounds} round${record.rounds === 1 ? '' : 's'}: every tool once a round, each ` +
      'round starting with another one. Only the copying programs are measured, with everything ' +
      'that they start; the servers share the same processor, so throughput on loopback is that ' +
      'of the machine and not of a network.',
    '',
    '## bedrock-import against each',
    '',
    'Medians of bedrock-import divided by those of the other. Processor time for each GiB and peak ' +
      'memory: less is better. Throughput: more is better.',
    ...cells.flatMap(cell => ['', `### ${cell.title}`, '', ...ratioTable(ratios(cell.summaries))]),
    '',
    '## Medians and spread',
    '',
    'Median (least to most). Memory is the peak, sampled every 50 ms, of what all processes of a ' +
      'way have written, with the code and files of each different program counted once.',
    ...cells.flatMap(cell => [
      '',
      `### ${cell.title}`,
      '',
      ...summaryTable(cell.summaries),
      ...failureLines(cell.failed)
    ]),
    ...singleLines(record.singles),
    '',
    '## What is compared',
    '',
    ...[...new Set(record.results.map(result => result.way))].map(
      way => `- ${WAYS[way].title}: ${WAYS[way].note}.`
    ),
    '',
    '## How it was measured',
    '',
    `- Machine: ${record.machine.processor}, ${record.machine.cores} cores, ` +
      `${(record.machine.memoryBytes / GIB).toFixed(0)} GiB of memory, ${record.machine.system}; ` +
      `load ${record.machine.load.toFixed(1)} at the end.`,
    ...record.workloads.map(
      workload => `- Workload ${workload.name}: ${workload.title}, scale ${workload.scale}.`
    ),
    '- HTTP/2 is switched off for the programs in Go, which would otherwise put all streams on one ' +
      'connection; the others do not use it.',
    `- Servers' own cost, median over all runs: ${serverCost(record.results)} processor seconds for each GiB.`,
    `- Versions: ${Object.entries(record.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    ''
  ].join('\n');
}

function ratioTable(rows: readonly Ratios[]): string[] {
  return rows.length === 0
    ? ['No comparison: bedrock-import or all others are missing.']
    : table(
        ['Against', 'CPU a GiB', 'Throughput', 'Peak memory'],
        rows.map(row => [
          WAYS[row.way].title,
          ...[row.cpu, row.throughput, row.memory].map(value => `${value.toFixed(2)} ×`)
        ])
      );
}

function summaryTable(rows: readonly Summary[]): string[] {
  const cell = ({ median: middle, least, most }: Spread, digits: number) =>
    `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
  return table(
    ['Way', 'MiB/s', 'CPU s/GiB', 'Peak MiB', 'Seconds', 'Runs'],
    rows.map(row => [
      WAYS[row.way].title,
      cell(row.mibPerSecond, 0),
      cell(row.cpuPerGib, 2),
      cell(row.peakMib, 0),
      cell(row.seconds, 1),
      String(row.runs)
    ])
  );
}

function failureLines(failed: readonly Failed[]): string[] {
  return failed.flatMap(each => [
    '',
    `${WAYS[each.way].title} failed in ${each.failures.length} of ${each.runs} runs: ` +
      `${(each.failures[0] ?? '').split('\n').at(-1)}`
  ]);
}

function singleLines(singles: Singles | undefined): string[] {
  return singles === undefined
    ? []
    : [
        '',
        '## bedrock-import alone, on loopback',
        '',
        ...table(
          ['What', 'Measured'],
          singles.map(({ what, value }) => [what, value])
        )
      ];
}

function serverCost(results: readonly Result[]): string {
  const runs = good(results).filter(run => Number.isFinite(run.serverSeconds.hub));
  if (runs.length === 0) {
    return 'unknown';
  }
  const each = (side: 'hub' | 'aws') =>
    median(runs.map(run => run.serverSeconds[side] / (run.bytes / GIB))).toFixed(2);
  return `hub ${each('hub')}, S3 ${each('aws')}`;
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line)
  ];
}
