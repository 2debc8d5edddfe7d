import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox, StartSandboxOptions } from '../../../sandbox/testing';
import { tinyModel } from '../../cli/testing/tinyModel';
import { processHostSource } from '../../environment';
import { createEngineContext, JobStore } from '..';
import type { EngineContext, ImportOptions, LeaseTiming } from '..';

/** A hub token as a user would have it; the sandbox takes any of this form. */
export const HUB_TOKEN = 'hf_TrialTokenThatMustNeverBeKept';

/** Signs of life ten times as often as in earnest, so that nobody waits for them. */
export const QUICK: LeaseTiming = { heartbeatMs: 200, staleMs: 3000 };

export const MODEL = 'trial/tiny';

export interface JobTrial {
  sandbox: StartedSandbox;
  /** What a process beside it needs. */
  env: Record<string, string>;
  context: EngineContext;
  options: ImportOptions;
  /** A store over an empty state folder. */
  newStore(): Promise<JobStore>;
  objects(): Promise<string[]>;
  /** Keys of unfinished multipart uploads. */
  uploads(): Promise<string[]>;
  stop(): Promise<void>;
}

/** The engine beside a sandbox, with a state folder of its own. */
export async function startJobTrial(options: StartSandboxOptions = {}): Promise<JobTrial> {
  const sandbox = await startSandbox({
    ...options,
    models: { [MODEL]: tinyModel(), ...options.models }
  });
  const env = { ...sandbox.env, HF_TOKEN: HUB_TOKEN };
  const context = await createEngineContext({ source: { ...processHostSource(), env } });
  const bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
  const folders: string[] = [];
  return {
    sandbox,
    env,
    context,
    options: {
      model: MODEL,
      bucket,
      roleArn: sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN']
    },
    newStore: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'jobs-'));
      folders.push(folder);
      return await JobStore.open(join(folder, 'state'), { timing: QUICK });
    },
    objects: async () => {
      const page = await context.aws.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      return (page.Contents ?? []).map(({ Key = '' }) => Key);
    },
    uploads: async () => {
      const page = await context.aws.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return (page.Uploads ?? []).map(({ Key = '' }) => Key);
    },
    stop: async () => {
      context.aws.destroy();
      await sandbox.stop();
      for (const folder of folders) {
        requireNoSecrets(await allText(folder), env);
        await rm(folder, { recursive: true, force: true });
      }
    }
  };
}

/** The text of every file under a folder. */
export async function allText(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    entries
      .filter(entry => entry.isFile())
      .map(entry => readFile(join(entry.parentPath, entry.name), 'utf8'))
  );
  return texts.join('\n');
}

/** @throws Error that names no secret */
export function requireNoSecrets(text: string, env: Readonly<Record<string, string>>): void {
  const secrets = [env['HF_TOKEN'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']];
  const found = secrets.some(secret => secret !== undefined && text.includes(secret));
  const keyId = env['AWS_ACCESS_KEY_ID'];
  if (found || (keyId !== undefined && text.includes(keyId)) || /X-Amz-Signature/i.test(text)) {
    throw new Error('There is a secret in the state folder.');
  }
}
