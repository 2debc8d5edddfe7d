import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { listHubFiles } from './hubFiles';
import { CACHE, type Tools } from './install';
import { bytesOf, type Place } from './runWays';
import type { Workload } from './workloads';

const SAMPLE_MS = 100;
const TICKS_PER_SECOND = 100;
const TOP = 25;
const GIB = 2 ** 30;

interface ThreadTime {
  name: string;
  user: number;
  system: number;
}

/** Runs bedrock-import once for each workload and says where its processor time goes. */
export async function profile(
  place: Place,
  workloads: readonly Workload[],
  options: { tools: Tools; say: (line: string) => void; commandLine: string }
): Promise<string> {
  const lines = [
    '# Where the time goes',
    '',
    `Written by \`${options.commandLine}\` on ${new Date().toISOString().slice(0, 10)}: ` +
      '`bedrock-import copy` on loopback, TLS on both sides, against the sandbox. Versions: ' +
      `bedrock-import ${options.tools.versions['bedrock-import']}, Deno ${options.tools.versions['Deno']}.`
  ];
  for (const workload of workloads) {
    options.say(`Profiling ${workload.title} …`);
    lines.push(
      '',
      `## ${workload.title}`,
      '',
      ...(await profileOne(place, workload, options.tools))
    );
  }
  return `${lines.join('\n')}\n`;
}

async function profileOne(place: Place, workload: Workload, tools: Tools): Promise<string[]> {
  const { servers, bucket } = place;
  const bytes = bytesOf(await listHubFiles(servers, workload.model));
  const folder = await mkdtemp(join(CACHE, 'run-'));
  const prefix = `profile/${workload.name}/`;
  const data = join(folder, 'perf.data');
  const hasPerf = spawnSync('perf', ['record', '-o', data, '--', 'true']).status === 0;
  const copy = [
    tools.bedrockImport,
    'copy',
    workload.model,
    `s3://${bucket.name}/${prefix}`,
    '--json'
  ];
  const [program = '', ...args] = hasPerf
    ? ['perf', 'record', '--quiet', '--freq', '499', '-o', data, '--', ...copy]
    : copy;
  const startedAt = performance.now();
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: { ...servers.env, BEDROCK_IMPORT_STATE_DIR: join(folder, 'state') },
    cwd: folder
  });
  const threads = new Map<string, ThreadTime>();
  const sampling = setInterval(() => sampleThreads(child.pid ?? 0, threads), SAMPLE_MS);
  const code = await new Promise(resolve => {
    child.once('error', () => resolve(127));
    child.once('close', resolve);
  });
  clearInterval(sampling);
  const seconds = (performance.now() - startedAt) / 1000;
  try {
    return [
      `${(bytes / GIB).toFixed(2)} GiB in ${seconds.toFixed(1)} s` +
        (code === 0 ? '.' : `; it failed with code ${String(code)}.`),
      '',
      'Threads of the engine, in processor seconds for each GiB:',
      '',
      '| Thread | User | System |',
      '| --- | ---: | ---: |',
      ...threadRows([...threads.values()], bytes / GIB),
      ...(hasPerf ? symbolLines(data) : ['', 'No `perf` on this machine: no functions are known.'])
    ];
  } finally {
    await bucket.clear(prefix).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The latest times of every thread of the process and of those that it started. */
function sampleThreads(pid: number, into: Map<string, ThreadTime>): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      into.set(thread, {
        name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
        user: Number(fields[11]) / TICKS_PER_SECOND,
        system: Number(fields[12]) / TICKS_PER_SECOND
      });
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
      children
        .split(' ')
        .filter(Boolean)
        .forEach(child => sampleThreads(Number(child), into));
    }
  } catch {
    // It has ended meanwhile.
  }
}

/** Threads of one name together, the busiest first. */
export function threadRows(threads: readonly ThreadTime[], gib: number): string[] {
  const names = [...new Set(threads.map(thread => thread.name))].filter(name => name !== 'perf');
  return names
    .map(name => {
      const all = threads.filter(thread => thread.name === name);
      const sum = (kind: 'user' | 'system') => all.reduce((total, each) => total + each[kind], 0);
      return { name, count: all.length, user: sum('user') / gib, system: sum('system') / gib };
    })
    .filter(row => row.user + row.system > 0)
    .sort((a, b) => b.user + b.system - (a.user + a.system))
    .map(
      row =>
        `| ${row.name}${row.count > 1 ? ` × ${row.count}` : ''} | ${row.user.toFixed(2)} | ${row.system.toFixed(2)} |`
    );
}

function symbolLines(data: string): string[] {
  const report = (sort: string) => {
    const { stdout } = spawnSync(
      'perf',
      ['report', '-i', data, '--stdio', '--no-children', '--sort', sort, '--percent-limit', '0.5'],
      { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }
    );
    return (
      stdout
        .split('\n')
        .filter(line => /^\s+\d/.test(line))
        // Deno comes without its symbols.
        .filter(line => !/\b0x[0-9a-f]{8,}/.test(line))
        .slice(0, TOP)
        .map(line =>
          line
            .trim()
            .replace(/\s+/g, ' ')
            .replace(/( -)+$/, '')
        )
    );
  };
  return [
    '',
    'Samples by program file and by function (`perf`, user and kernel):',
    '',
    '```',
    ...report('dso'),
    '',
    ...report('dso,symbol'),
    '```'
  ];
}
