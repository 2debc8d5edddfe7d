import {
  BedrockImportError,
  createEngineContext,
  getCallerIdentity,
  throwIfCancelled
} from '../../engine';
import type { CallerIdentity, EngineContext, Environment } from '../../engine';
import { cellSignal, displayedAs, hideSecret, jupyter } from '../display';
import type { Displayed } from '../display';
import { cellOrder } from './cellOrder';
import { followSandbox, sandboxOfProcess } from './sandboxVariables';
import { sessionView } from './sessionView';

/** Small enough to be copied and imported in minutes, and of an architecture that Bedrock imports. */
const DEFAULT_MODEL = 'Qwen/Qwen3-0.6B';

export interface ConnectOptions {
  /** Wins over the Region of the environment. */
  region?: string;
  /** Model id on the hub. @default `Qwen/Qwen3-0.6B`, or the sandbox's model */
  model?: string;
  /** @default the sandbox's; on AWS none */
  bucket?: string;
  /** The role that Bedrock reads the bucket with. @default the sandbox's; on AWS none */
  roleArn?: string;
  /** True: the sandbox even where there are AWS credentials. False: never the sandbox. */
  sandbox?: boolean;
}

/** What cells work with. */
export interface NotebookSession {
  context: EngineContext;
  environment: Environment;
  where: 'aws' | 'sandbox';
  identity?: CallerIdentity;
  /** Model id on the hub. */
  model: string;
  bucket?: string;
  roleArn?: string;
}

interface KeptSession {
  options: string;
  session: NotebookSession & Displayed;
}

/** On `globalThis`, so that a module that a cell imports anew finds what the one before it made. */
const KEY = Symbol.for('bedrock-import.notebook.session');
const kept = globalThis as { [KEY]?: KeptSession };

/**
 * Looks where this notebook runs: on AWS where there are AWS credentials, else in the sandbox, which
 * costs nothing. As the last value of a cell it shows what was found. Called again with the same options
 * or without any, it is the same session.
 *
 * @throws BedrockImportError `NOTEBOOK_NOWHERE` where there are neither AWS credentials nor a sandbox,
 *   `REGION_MISSING`, and what `getCallerIdentity` throws.
 */
export async function connect(options: ConnectOptions = {}): Promise<NotebookSession & Displayed> {
  const text = JSON.stringify(options, Object.keys(options).sort());
  const before = kept[KEY];
  if (before !== undefined && (text === '{}' || text === before.options)) {
    return before.session;
  }
  const signal = cellSignal();
  const session = await open(options, signal);
  throwIfCancelled(signal);
  hideSecret(session.context.hub.token?.value);
  const displayed = displayedAs(session, () => sessionView(session));
  kept[KEY] = { options: text, session: displayed };
  return displayed;
}

/** @throws BedrockImportError `CELL_ORDER` before `connect()` was called in this kernel. */
export function currentSession(): NotebookSession & Displayed {
  const session = kept[KEY]?.session;
  if (session === undefined) {
    throw cellOrder('connect()');
  }
  return session;
}

async function open(
  options: ConnectOptions,
  signal: AbortSignal | undefined
): Promise<NotebookSession> {
  const wantsSandbox = options.sandbox === true;
  const mayBeSandbox = options.sandbox !== false;
  if (mayBeSandbox && sandboxOfProcess() !== undefined) {
    return openSandbox(options, signal);
  }
  const onAws = wantsSandbox ? undefined : await openAws(options, mayBeSandbox, signal);
  if (onAws !== undefined) {
    return onAws;
  }
  const variables = await jupyter()?.startSandbox?.();
  if (variables === undefined) {
    throw new BedrockImportError({
      code: 'NOTEBOOK_NOWHERE',
      message: wantsSandbox
        ? 'There is no sandbox for this notebook.'
        : 'There are neither AWS credentials nor a sandbox for this notebook.',
      nextStep:
        'Run "bedrock-import sandbox" in a terminal and set the variables that it prints before the kernel starts, or open the notebook with the kernel "TypeScript (Deno)" of this product, or give AWS credentials.',
      kind: 'blocked'
    });
  }
  followSandbox(variables);
  return openSandbox(options, signal);
}

async function openSandbox(
  options: ConnectOptions,
  signal: AbortSignal | undefined
): Promise<NotebookSession> {
  const facts = sandboxOfProcess();
  const context = await createEngineContext({ region: options.region });
  return {
    context,
    environment: context.environment,
    where: 'sandbox',
    identity: await getCallerIdentity(context.aws, { signal }),
    model: options.model ?? facts?.model ?? DEFAULT_MODEL,
    bucket: options.bucket ?? facts?.bucket,
    roleArn: options.roleArn ?? facts?.roleArn
  };
}

/** Codes of an environment in which AWS was never set up. */
const NO_AWS: ReadonlySet<string> = new Set(['CREDENTIALS_MISSING', 'REGION_MISSING']);

/** @returns undefined where there is no AWS account, and the sandbox may take its place. */
async function openAws(
  options: ConnectOptions,
  mayBeSandbox: boolean,
  signal: AbortSignal | undefined
): Promise<NotebookSession | undefined> {
  const context = await createEngineContext({ region: options.region });
  try {
    return {
      context,
      environment: context.environment,
      where: 'aws',
      identity: await getCallerIdentity(context.aws, { signal }),
      model: options.model ?? DEFAULT_MODEL,
      bucket: options.bucket,
      roleArn: options.roleArn
    };
  } catch (error) {
    const none = error instanceof BedrockImportError && NO_AWS.has(error.code);
    if (mayBeSandbox && none && !(await hasCredentials(error, signal))) {
      return undefined;
    }
    throw error;
  }
}

/** A machine that has credentials and no Region is on AWS, and is told about its Region. */
async function hasCredentials(
  error: BedrockImportError,
  signal: AbortSignal | undefined
): Promise<boolean> {
  if (error.code !== 'REGION_MISSING') {
    return false;
  }
  const { aws } = await createEngineContext({ region: 'us-east-1' });
  try {
    await getCallerIdentity(aws, { signal });
    return true;
  } catch (other) {
    return !(other instanceof BedrockImportError && NO_AWS.has(other.code));
  } finally {
    aws.destroy();
  }
}
