import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { openBucket } from './bucket';
import { listHubFiles } from './hubFiles';
import { CACHE, type Tools } from './install';
import { lastOutput, measure, type Measured } from './measure';
import { NETWORKS } from './networks';
import { MODELS, startServers, type Servers } from './servers';
import { median } from './statistics';
import { HUGE, MANY, planWorkload, writeModel } from './workloads';

/** What is measured of bedrock-import alone, in words for the report. */
export type Singles = Array<{ what: string; value: string }>;

const MIB = 2 ** 20;
const TIMES = 3;
const TIMEOUT_SECONDS = 1800;
const REST_SECONDS = 3;

interface SingleOptions {
  tools: Tools;
  quick: boolean;
  say: (line: string) => void;
  /** Throws when the user has interrupted. */
  going: () => void;
}

/** A measurement that fails says so in its place; the others go on. */
export async function measureSingles(options: SingleOptions): Promise<Singles> {
  const { quick, say } = options;
  const models = quick ? [MANY] : [MANY, HUGE];
  const small = planWorkload('small', { quick: true });
  for (const workload of [...models, small]) {
    await writeModel(MODELS, workload);
  }
  const servers = await startServers(NETWORKS.loopback, { verbose: true });
  const folder = await mkdtemp(join(CACHE, 'run-'));
  const bedrockImport = (...args: string[]) => measureOne(options.tools, servers, folder, args);
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
  const singles: Singles = [];
  const note = async (what: string, find: () => Promise<string>) => {
    options.going();
    say(`${what} …`);
    const value = await find().catch(
      (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`
    );
    singles.push({ what, value });
    say(`  ${value}`);
  };
  try {
    const target = (name: string) => `s3://${servers.bucket}/singles/${name}/`;
    for (const workload of models) {
      say(`Preparing ${workload.title} …`);
      await listHubFiles(servers, workload.model);
    }
    await openBucket(servers).warmUp();
    const rest: number[] = [];
    await note('Memory of the engine at rest (it waits for a plan)', async () => {
      for (let time = 0; time < TIMES; time++) {
        rest.push((await atRest(options.tools, servers, folder)).peakBytes);
      }
      return mib(median(rest));
    });
    const above = ({ peakBytes }: Measured) =>
      `${mib(peakBytes)}, ${mib(peakBytes - median(rest))} above the engine at rest`;
    await note(
      `From the start of the command to the first bytes at S3, ${small.title}`,
      async () => {
        const seconds: number[] = [];
        for (let time = 0; time < TIMES; time++) {
          seconds.push(
            await untilFirstByte(servers, `/singles/first-${time}/`, () =>
              bedrockImport('copy', small.model, target(`first-${time}`), '--json')
            )
          );
        }
        return `${median(seconds).toFixed(2)} s, start of the process included`;
      }
    );
    await note(`Planning ${MANY.title}, the first time`, async () => {
      const plan = ['copy', MANY.model, target('plan'), '--plan-only', '--json'];
      const { seconds, peakBytes } = await bedrockImport(...plan);
      return `${seconds.toFixed(2)} s, start of the process included; ${mib(peakBytes)}`;
    });
    await note(`Peak memory of copying ${MANY.title}`, async () =>
      above(await bedrockImport('copy', MANY.model, target('many'), '--json'))
    );
    if (!quick) {
      await note(`Peak memory of copying ${HUGE.title}`, async () =>
        above(await bedrockImport('copy', HUGE.model, target('huge'), '--json'))
      );
    }
    await openBucket(servers).clear('singles/');
  } finally {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return singles;
}

/** The engine with all its code, before it has read anything. */
async function atRest(tools: Tools, servers: Servers, folder: string): Promise<Measured> {
  return measure(
    tools.python,
    { commands: [[tools.bedrockImport, 'copy', '--plan', '-']], endAfterSeconds: REST_SECONDS },
    { env: servers.env, cwd: folder, timeoutSeconds: TIMEOUT_SECONDS }
  );
}

async function measureOne(
  tools: Tools,
  servers: Servers,
  folder: string,
  args: readonly string[]
): Promise<Measured> {
  const measured = await measure(
    tools.python,
    { commands: [[tools.bedrockImport, ...args]] },
    {
      env: { ...servers.env, BEDROCK_IMPORT_STATE_DIR: join(folder, 'state') },
      cwd: folder,
      timeoutSeconds: TIMEOUT_SECONDS
    }
  );
  if (measured.code !== 0) {
    throw new Error(`code ${measured.code}: ${(await lastOutput()).split('\n').at(-1)}`);
  }
  return measured;
}

/** Seconds until the S3 sees the head of the first write below `path`. */
async function untilFirstByte(
  servers: Servers,
  path: string,
  copy: () => Promise<unknown>
): Promise<number> {
  const startedAt = performance.now();
  let first: number | undefined;
  servers.onLog(line => {
    if (first === undefined && /^PUT .* arrives$/.test(line) && line.includes(path)) {
      first = (performance.now() - startedAt) / 1000;
    }
  });
  await copy();
  if (first === undefined) {
    throw new Error('no write was seen');
  }
  return first;
}
