import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { CACHE, ROOT } from './install';
import type { Network } from './networks';

/** Hub and S3 of the sandbox over TLS, each in a process of its own. */
export interface Servers {
  network: Network;
  /** For every program that is measured: nothing of the user's accounts is in it. */
  env: Record<string, string>;
  hubUrl: string;
  bucket: string;
  /** Both authorities of the servers. */
  caFile: string;
  /** Processor seconds that the servers have used until now. */
  cpuSeconds(): { hub: number; aws: number };
  /** Lines that the AWS side logs from now on. */
  onLog(listener: (line: string) => void): void;
  stop(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

interface Side {
  child: Child;
  env: Record<string, string>;
}

const CLOCK_TICKS_PER_SECOND = 100;
const START_BUDGET_MS = 30_000;

export const MODELS = join(CACHE, 'models');

/**
 * @param options.verbose Each request is logged; only for what is not measured by its throughput.
 * @throws Error with what the sandbox said when it does not start.
 */
export async function startServers(
  network: Network,
  options: { verbose?: boolean } = {}
): Promise<Servers> {
  await mkdir(MODELS, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'bedrock-import-bench-'));
  const log = join(CACHE, `sandbox-${network.name}.log`);
  await writeFile(log, '');
  const listeners: Array<(line: string) => void> = [];
  const side = async (name: 'hub' | 'aws'): Promise<Side> => {
    const child: Child = spawn(
      join(ROOT, '.venv', 'bin', 'bedrock-import'),
      [
        ...['sandbox', '--json', '--stop-with-stdin', '--tls', '--serve', name],
        ...['--models', MODELS, '--data', join(folder, name)],
        ...(name === 'aws' ? ['--discard'] : []),
        ...(options.verbose === true ? ['--verbose'] : []),
        ...network.args
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], env: cleanEnvironment(), detached: true }
    );
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', line => {
      void appendFile(log, `${name}: ${line}\n`);
      if (name === 'aws') {
        listeners.forEach(listener => listener(line));
      }
    });
    return { child, env: await readEnvironment(child, log) };
  };
  const started = await Promise.allSettled([side('hub'), side('aws')]);
  const sides = started.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async () => {
    await Promise.all(sides.map(({ child }) => end(child)));
    await rm(folder, { recursive: true, force: true });
  };
  const [hub, aws] = sides;
  if (hub === undefined || aws === undefined) {
    await stop();
    const failure = started.find(each => each.status === 'rejected');
    throw failure?.reason instanceof Error
      ? failure.reason
      : new Error('The sandbox did not start.');
  }
  const caFile = join(folder, 'ca.pem');
  const authorities = await Promise.all(
    sides.map(each => readFile(each.env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8'))
  );
  await writeFile(caFile, `${authorities.join('\n')}\n`);
  const env = {
    ...cleanEnvironment(),
    ...hub.env,
    ...aws.env,
    ...Object.fromEntries(CA_VARIABLES.map(name => [name, caFile])),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // Over HTTP/2, which S3 does not speak and the sandbox does, all streams of a Go program would
    // share one connection and its bandwidth.
    GODEBUG: 'http2client=0',
    HF_HUB_DISABLE_XET: '1',
    HF_HUB_DISABLE_TELEMETRY: '1'
  };
  return {
    network,
    env,
    hubUrl: hub.env['HF_ENDPOINT'] ?? '',
    bucket: aws.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '',
    caFile,
    cpuSeconds: () => ({ hub: cpuSecondsOf(hub.child), aws: cpuSecondsOf(aws.child) }),
    onLog: listener => listeners.push(listener),
    stop
  };
}

const CA_VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'DENO_CERT',
  'AWS_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE'
];

function cleanEnvironment(): Record<string, string> {
  const foreign =
    /^(AWS_|HF_|HUGGING_?FACE|RCLONE_|S3_|BEDROCK_IMPORT_|DENO_|NODE_|npm_|SSL_CERT_|REQUESTS_CA|CURL_CA|(HTTPS?|ALL|NO)_PROXY$)/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || foreign.test(name) ? [] : [[name, value]]
    )
  );
}

async function readEnvironment(child: Child, log: string): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const fail = async () => {
      const text = await readFile(log, 'utf8').catch(() => '');
      reject(new Error(`The sandbox did not start.\n${text}`));
    };
    const timer = setTimeout(() => void fail(), START_BUDGET_MS);
    child.once('close', () => void fail());
    child.once('error', () => void fail());
    createInterface({ input: child.stdout }).once('line', line => {
      clearTimeout(timer);
      resolve((JSON.parse(line) as { env: Record<string, string> }).env);
    });
  });
}

/** Closing its standard input ends a sandbox; by force if it does not go. */
async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = new Promise(resolve => child.once('close', resolve));
  child.stdin.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}

function cpuSecondsOf(child: Child): number {
  try {
    const text = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    // The name in brackets may hold spaces; user and system time are the 12th and 13th after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}
