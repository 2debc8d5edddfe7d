import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { systemClock, type SandboxClock } from './clock';
import { openDocument, type StateDocument } from './documents';
import { createFaultPlan, type FaultPlan } from './faults';

/** The only account of the sandbox; the example account of the AWS documentation. */
export const SANDBOX_ACCOUNT = '123456789012';

/** The role that exists from the start and that Bedrock may assume. */
export const SANDBOX_ROLE_NAME = 'BedrockImportSandboxRole';

/** How long the fault `credentials-expire` lasts unless `credentials-return` says otherwise. */
const DEFAULT_EXPIRED_SECONDS = 5;

export interface SandboxCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Present when the credentials are temporary ones; requests must then carry it. */
  sessionToken?: string;
}

/** What all services of one sandbox share. */
export interface SandboxState extends SandboxCredentials {
  readonly account: string;
  readonly region: string;
  /** Folder for everything that is kept: one JSON file or sub-folder for each service. */
  readonly dataDirectory: string;
  readonly faults: FaultPlan;
  readonly clock: SandboxClock;
  /** Short for `clock.now()`. */
  now(): Date;
  /** The state's own credentials as they hold now: the fault `credentials-expire` ends them for a while. */
  ownCredentials(): SandboxCredentials & { expiresAt?: Date };
  /** The bucket that exists from the start. */
  readonly startBucket: string;
  /** The role that exists from the start. */
  readonly startRoleArn: string;
  /** The JSON file `name.json` in the data folder; the same object for every caller. */
  document<T>(name: string, initial: () => T): Promise<StateDocument<T>>;
}

export interface SandboxStateOptions {
  dataDirectory: string;
  /** @default 'us-east-1' */
  region?: string;
  credentials?: SandboxCredentials;
  faults?: FaultPlan;
  clock?: SandboxClock;
}

/** A state with new random credentials unless some are given; reads and writes nothing yet. */
export function createSandboxState(options: SandboxStateOptions): SandboxState {
  const region = options.region ?? 'us-east-1';
  const clock = options.clock ?? systemClock;
  const documents = new Map<string, Promise<StateDocument<unknown>>>();
  const credentials = options.credentials ?? newCredentials();
  const faults = options.faults ?? createFaultPlan();
  const startedAt = clock.now().getTime();
  return {
    ...credentials,
    account: SANDBOX_ACCOUNT,
    region,
    dataDirectory: options.dataDirectory,
    faults,
    clock,
    now: () => clock.now(),
    ownCredentials: () => {
      const end = faults.seconds('credentials-expire');
      const age = (clock.now().getTime() - startedAt) / 1000;
      const spell = faults.seconds('credentials-return') ?? DEFAULT_EXPIRED_SECONDS;
      return end !== undefined && age >= end && age < end + spell
        ? { ...credentials, expiresAt: new Date(startedAt + end * 1000) }
        : credentials;
    },
    startBucket: `bedrock-import-sandbox-${region}`,
    startRoleArn: `arn:aws:iam::${SANDBOX_ACCOUNT}:role/${SANDBOX_ROLE_NAME}`,
    document: <T>(name: string, initial: () => T) => {
      let document = documents.get(name);
      if (document === undefined) {
        document = openDocument<unknown>(join(options.dataDirectory, `${name}.json`), initial);
        documents.set(name, document);
      }
      // The name decides the type: a service opens only its own documents.
      return document as Promise<StateDocument<T>>;
    }
  };
}

/** A state whose credentials are kept in the data folder, so that they hold for the next run too. */
export async function openSandboxState(options: SandboxStateOptions): Promise<SandboxState> {
  if (options.credentials !== undefined) {
    return createSandboxState(options);
  }
  const kept = await openDocument(join(options.dataDirectory, 'credentials.json'), newCredentials, {
    mode: 0o600
  });
  await kept.save();
  return createSandboxState({ ...options, credentials: kept.value });
}

/** In the form of real ones, but with a prefix that no scanner for real keys looks for. */
function newCredentials(): SandboxCredentials {
  return {
    accessKeyId: `SANDBOX${randomBytes(8).toString('hex').toUpperCase().slice(0, 13)}`,
    secretAccessKey: randomBytes(30).toString('base64url')
  };
}
