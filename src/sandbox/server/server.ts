import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createHub } from '../hub';
import { createFaultPlan, openSandboxState, systemClock, type SandboxHandler } from '../state';
import { createAwsServices, type OpenAwsServices } from './awsServices';
import { dispatchAws } from './dispatch';
import { listen, type Listener } from './listener';
import { OptionsExit, type SandboxOptions } from './options';
import { printedEnvironment, type EnvironmentVariables } from './printedEnvironment';
import { shapeTraffic } from './shaping';
import { openTls } from './tls';

export interface RunningSandbox {
  /** What a client's environment must hold. */
  variables: Record<string, string>;
  notes: string[];
  awsUrl: string;
  hubUrl: string;
  close(): Promise<void>;
}

const CLOSE_BUDGET_MS = 400;

/**
 * Starts every service.
 *
 * @throws OptionsExit when a folder or a port cannot be used.
 */
export async function startServer(
  options: SandboxOptions,
  processEnvironment: EnvironmentVariables,
  log: (line: string) => void
): Promise<RunningSandbox> {
  const modelsDirectory = await existingFolder(options.modelsDirectory);
  const data = await openDataFolder(options.dataDirectory);
  const listeners: Listener[] = [];
  let services: OpenAwsServices | undefined;
  const close = async () => {
    const closing = [...listeners, ...(services === undefined ? [] : [services])].map(open =>
      open.close()
    );
    // What is busy is cut off: nothing may keep the sandbox from ending, or its folder in place.
    await Promise.race([Promise.allSettled(closing), delay(CLOSE_BUDGET_MS)]);
    await data.remove();
  };
  try {
    const faults = createFaultPlan({ faults: options.faults, seed: options.seed });
    const state = await openSandboxState({
      dataDirectory: data.path,
      region: options.region,
      faults
    });
    const hub = createHub({ modelsDirectory, state });
    services = await createAwsServices(state);
    const tls = options.tls ? await openTls(data.path, state.now(), processEnvironment) : undefined;
    const start = async (handler: SandboxHandler, port: number, resets: boolean) => {
      const shaped = shapeTraffic(handler, options, systemClock);
      const requestLog = options.verbose ? log : undefined;
      const listener = await listenOn(shaped, { port, tls, resets, log: requestLog });
      listeners.push(listener);
      return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`;
    };
    const resets = options.faults['s3-reset'] !== undefined;
    const awsUrl = await start(dispatchAws(services), options.port ?? 0, resets);
    const hubPort = options.port === undefined ? 0 : options.port + 1;
    const hubUrl = await start(hub, hubPort, false);
    const { variables, notes } = printedEnvironment({
      awsUrl,
      hubUrl,
      accessKeyId: state.accessKeyId,
      secretAccessKey: state.secretAccessKey,
      region: state.region,
      bucket: state.startBucket,
      roleArn: state.startRoleArn,
      model: await hub.firstModel(),
      tls,
      processEnvironment
    });
    return { variables, notes, awsUrl, hubUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenOn(
  handler: SandboxHandler,
  options: Parameters<typeof listen>[1]
): Promise<Listener> {
  try {
    return await listen(handler, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OptionsExit(`error: cannot listen on port ${options.port}: ${reason}\n`, 2);
  }
}

async function existingFolder(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new OptionsExit(`error: --models: '${path}' is not a folder\n`, 2);
  }
  return resolve(path);
}

async function openDataFolder(
  path: string | undefined
): Promise<{ path: string; remove(): Promise<void> }> {
  if (path === undefined) {
    const temporary = await mkdtemp(join(tmpdir(), 'bedrock-import-sandbox-'));
    return {
      path: temporary,
      remove: () => rm(temporary, { recursive: true, force: true, maxRetries: 3 })
    };
  }
  try {
    await mkdir(path, { recursive: true });
  } catch {
    throw new OptionsExit(`error: --data: '${path}' cannot be used as a folder\n`, 2);
  }
  return { path: resolve(path), remove: () => Promise.resolve() };
}
