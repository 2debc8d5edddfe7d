import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Bucket } from './bucket';
import { listHubFiles, type HubFile } from './hubFiles';
import { CACHE, type Tools } from './install';
import { lastOutput, measure, type Measured } from './measure';
import type { NetworkName } from './networks';
import type { Servers } from './servers';
import { WAYS, type WayName } from './ways';
import type { Workload } from './workloads';

export interface Result extends Measured {
  round: number;
  way: WayName;
  workload: Workload['name'];
  network: NetworkName;
  bytes: number;
  /** Processor seconds of the servers meanwhile; not in any ratio. */
  serverSeconds: { hub: number; aws: number };
  /** Why it does not count; undefined when everything arrived. */
  failure?: string;
}

export interface Place {
  servers: Servers;
  bucket: Bucket;
}

const SLOWEST_BYTES_PER_SECOND = 10e6;
const LEAST_TIMEOUT_SECONDS = 300;

/** Of the weights and the small files beside them. */
export const bytesOf = (files: readonly HubFile[]) =>
  files.reduce((sum, file) => sum + file.sizeBytes, 0);

/** One copy. A way that fails is a result too. */
export async function runWay(
  way: WayName,
  workload: Workload,
  place: Place,
  options: { tools: Tools; round: number }
): Promise<Result> {
  const { servers, bucket } = place;
  const prefix = `bench/${workload.name}/${way}-${options.round}/`;
  const folder = await mkdtemp(join(CACHE, 'run-'));
  const files = await listHubFiles(servers, workload.model);
  const bytes = bytesOf(files);
  const about = {
    round: options.round,
    way,
    workload: workload.name,
    network: servers.network.name,
    bytes
  };
  const run = {
    tools: options.tools,
    servers,
    bucket,
    model: workload.model,
    files,
    prefix,
    folder
  };
  const nothing = { seconds: 0, userSeconds: 0, systemSeconds: 0, peakBytes: 0, code: 1 };
  try {
    const work = await WAYS[way].prepare(run);
    const before = servers.cpuSeconds();
    const measured = await measure(options.tools.python, work, {
      env: {
        ...servers.env,
        HF_HOME: join(folder, 'hub'),
        BEDROCK_IMPORT_STATE_DIR: join(folder, 'state')
      },
      cwd: folder,
      timeoutSeconds: Math.max(LEAST_TIMEOUT_SECONDS, bytes / SLOWEST_BYTES_PER_SECOND)
    });
    const after = servers.cpuSeconds();
    const serverSeconds = { hub: after.hub - before.hub, aws: after.aws - before.aws };
    const failure = await whatFailed(measured, run, work.finish);
    return { ...about, ...measured, serverSeconds, failure };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { ...about, ...nothing, serverSeconds: { hub: 0, aws: 0 }, failure };
  } finally {
    await bucket.clear(prefix).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

async function whatFailed(
  measured: Measured,
  { bucket, prefix, files }: { bucket: Bucket; prefix: string; files: readonly HubFile[] },
  finish?: () => Promise<void>
): Promise<string | undefined> {
  if (measured.code !== 0) {
    return `ended with ${measured.code}: ${await lastOutput()}`;
  }
  await finish?.();
  const missing = await bucket.missing(prefix, files);
  return missing === '' ? undefined : missing;
}
