import { setTimeout as delay } from 'node:timers/promises';

import { createHub } from '../hub';
import { createFaultPlan, openSandboxState, systemClock, type SandboxHandler } from '../state';
import { createAwsServices, type OpenAwsServices } from './awsServices';
import { dispatchAws } from './dispatch';
import { openDataFolder, openModelsFolder, openStateFolder } from './folders';
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
  const modelsDirectory = await openModelsFolder(options.modelsDirectory);
  const data = await openDataFolder(options.dataDirectory);
  const listeners: Listener[] = [];
  let services: OpenAwsServices | undefined;
  const close = async () => {
    const closing = [...listeners, ...(services === undefined ? [] : [services])].map(open =>
      open.close()
    );
    // What is busy is cut off: nothing may keep the sandbox from ending, or its folder in place.
    await Promise.race([Promise.allSettled(closing), delay(CLOSE_BUDGET_MS)]);
    await data.close();
  };
  try {
    const requestLog = options.verbose ? log : undefined;
    const faults = createFaultPlan({
      faults: options.faults,
      seed: options.seed,
      onStrike: name => requestLog?.(`fault ${name}`)
    });
    const state = await openSandboxState({
      dataDirectory: data.path,
      region: options.region,
      faults
    });
    const hub = createHub({ modelsDirectory, state });
    services = await createAwsServices(state, {
      discard: options.discard ? (key, size) => hub.published(key, size) : undefined
    });
    const tls = options.tls ? await openTls(data.path, state.now(), processEnvironment) : undefined;
    const start = async (handler: SandboxHandler, port: number, resets: boolean) => {
      const shaped = shapeTraffic(handler, options, systemClock);
      const listener = await listenOn(shaped, { port, tls, resets, log: requestLog });
      listeners.push(listener);
      return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${listener.port}`;
    };
    const resets = options.faults['s3-reset'] !== undefined;
    const aws = dispatchAws(services);
    const hubPort = options.port === undefined ? 0 : options.port + 1;
    const awsUrl = options.serve === 'hub' ? '' : await start(aws, options.port ?? 0, resets);
    const hubUrl = options.serve === 'aws' ? '' : await start(hub, hubPort, false);
    const { variables, notes } = printedEnvironment({
      awsUrl,
      hubUrl,
      accessKeyId: state.accessKeyId,
      secretAccessKey: state.secretAccessKey,
      region: state.region,
      bucket: state.startBucket,
      roleArn: state.startRoleArn,
      stateDirectory: await openStateFolder(data.path),
      model: await hub.firstModel(),
      tls,
      processEnvironment
    });
    return { variables, notes: [...(await hub.notes()), ...notes], awsUrl, hubUrl, close };
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
