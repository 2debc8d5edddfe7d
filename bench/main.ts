import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

import { openBucket } from './bucket';
import { listHubFiles } from './hubFiles';
import { CACHE, install } from './install';
import { stopMeasuring } from './measure';
import { NETWORK_NAMES, NETWORKS, type NetworkName } from './networks';
import { readOptions, type BenchOptions } from './options';
import { profile } from './profile';
import { renderResults, type Record as BenchRecord } from './report';
import { runWay, type Place, type Result } from './runWays';
import { MODELS, startServers } from './servers';
import { measureSingles } from './singles';
import { rotated } from './statistics';
import { USUAL_WAYS, WAYS } from './ways';
import { planWorkload, WORKLOAD_NAMES, writeModel, type Workload } from './workloads';

const say = (line: string) => {
  process.stderr.write(`${line}\n`);
};

// Only this harness runs the SDK in Node.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const open: Place[] = [];
let interrupted = false;

async function closeAll(): Promise<void> {
  stopMeasuring();
  await Promise.allSettled(open.splice(0).map(place => place.servers.stop()));
}

function checkGoingOn(): void {
  if (interrupted) {
    throw new Error('Interrupted; nothing was written.');
  }
}

async function openPlace(network: NetworkName): Promise<Place> {
  const servers = await startServers(NETWORKS[network]);
  const place = { servers, bucket: openBucket(servers) };
  open.push(place);
  return place;
}

async function runAll(options: BenchOptions): Promise<void> {
  if (process.platform !== 'linux') {
    throw new Error('The benchmark needs Linux: it reads times and memory from /proc.');
  }
  const tools = await install(say);
  const workloads = options.workloads.map(name => planWorkload(name, options));
  await mkdir(MODELS, { recursive: true });
  for (const workload of workloads) {
    await writeModel(MODELS, workload);
  }
  if (options.profile) {
    const place = await openPlace('loopback');
    await place.bucket.warmUp();
    const text = await profile(place, workloads, { tools, say, commandLine: options.commandLine });
    checkGoingOn();
    if (options.quick) {
      process.stdout.write(text);
    } else {
      await writeFile(join(__dirname, 'PROFILE.md'), text);
      say('Written: bench/PROFILE.md');
    }
    return;
  }
  const places = new Map<NetworkName, Place>();
  for (const network of options.networks) {
    const place = await openPlace(network);
    places.set(network, place);
    for (const workload of workloads) {
      say(`Preparing ${workload.title} (${NETWORKS[network].title}) …`);
      await listHubFiles(place.servers, workload.model);
    }
  }
  for (const place of places.values()) {
    say(`Warming the servers up (${place.servers.network.title}) …`);
    await place.bucket.warmUp();
    for (const workload of workloads) {
      checkGoingOn();
      await runWay('go', workload, place, { tools, round: 0 });
    }
  }
  const { results, rounds } = await runRounds(options, workloads, places, tools);
  const singles = options.singles
    ? await measureSingles({ tools, quick: options.quick, say, going: checkGoingOn })
    : undefined;
  checkGoingOn();
  const record: BenchRecord = {
    date: new Date().toISOString().slice(0, 10),
    commandLine: options.commandLine,
    rounds,
    machine: {
      system: await systemName(),
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      load: loadavg()[0] ?? 0
    },
    versions: tools.versions,
    workloads: workloads.map(({ name, title, scale }) => ({ name, title, scale })),
    networks: options.networks.map(name => ({ name, title: NETWORKS[name].title })),
    results,
    singles
  };
  const text = renderResults(record);
  if (options.quick || !isWhole(options)) {
    process.stdout.write(`${text}\n`);
    await writeFile(join(CACHE, 'partial.json'), `${JSON.stringify(record, null, 1)}\n`);
    say(
      'Only a run of everything writes bench/RESULTS.md; this one is in .cache/bench/partial.json.'
    );
    return;
  }
  await writeFile(join(__dirname, 'results.json'), `${JSON.stringify(record, null, 1)}\n`);
  await writeFile(join(__dirname, 'RESULTS.md'), text);
  say('Written: bench/RESULTS.md and bench/results.json');
}

function isWhole({ ways, workloads, networks, singles }: BenchOptions): boolean {
  return (
    USUAL_WAYS.every(way => ways.includes(way)) &&
    new Set(workloads).size === WORKLOAD_NAMES.length &&
    new Set(networks).size === NETWORK_NAMES.length &&
    singles
  );
}

async function runRounds(
  options: BenchOptions,
  workloads: readonly Workload[],
  places: ReadonlyMap<NetworkName, Place>,
  tools: Awaited<ReturnType<typeof install>>
): Promise<{ results: Result[]; rounds: number }> {
  const results: Result[] = [];
  const waysOf = ({ ways }: Workload) => options.ways.filter(way => ways?.includes(way) ?? true);
  const inOneRound = workloads.reduce((sum, workload) => sum + waysOf(workload).length, 0);
  const total = options.rounds * places.size * inOneRound;
  const startedAt = performance.now();
  for (let round = 0; round < options.rounds; round++) {
    const usedMinutes = (performance.now() - startedAt) / 60_000;
    // A round that is begun is also ended: medians need the same number of runs of every way.
    if (round > 0 && usedMinutes + usedMinutes / round > options.minutes) {
      say(`No time for more than ${round} rounds.`);
      return { results, rounds: round };
    }
    for (const [network, place] of places) {
      for (const workload of workloads) {
        for (const way of rotated(waysOf(workload), round)) {
          checkGoingOn();
          const result = await runWay(way, workload, place, { tools, round });
          checkGoingOn();
          results.push(result);
          say(
            `${results.length}/${total}  round ${round + 1}, ${network}, ${workload.name}, ` +
              `${WAYS[way].title}: ${describe(result)}`
          );
        }
      }
    }
  }
  return { results, rounds: options.rounds };
}

function describe(result: Result): string {
  if (result.failure !== undefined) {
    return `FAILED, ${result.failure}`;
  }
  const mib = result.bytes / 2 ** 20;
  const cpu = result.userSeconds + result.systemSeconds;
  return (
    `${result.seconds.toFixed(1)} s, ${(mib / result.seconds).toFixed(0)} MiB/s, ` +
    `${((cpu / mib) * 1024).toFixed(2)} CPU s/GiB, ${(result.peakBytes / 2 ** 20).toFixed(0)} MiB`
  );
}

/** Such as `Ubuntu 24.04, Linux 6.8`; nothing that names this machine. */
async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(release)?.[1] ?? process.platform;
  const kernel = await readFile('/proc/sys/kernel/osrelease', 'utf8').catch(() => '');
  return `${name}, kernel ${/^\d+\.\d+/.exec(kernel)?.[0] ?? 'unknown'}`;
}

const interrupt = () => {
  if (interrupted) {
    process.exit(130);
  }
  interrupted = true;
  say('Stopping …');
  void closeAll();
};
process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

runAll(readOptions(process.argv.slice(2)))
  .catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = interrupted ? 130 : 1;
  })
  .finally(() => void closeAll());
