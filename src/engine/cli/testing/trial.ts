import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, StartSandboxOptions } from '../../../sandbox/testing';
import { AwsClients, createAwsClients } from '../../aws';
import { bundleEngine, CommandRun, runBundle, RunOptions } from './bundledCommand';

/** A hub token as a user would have it; the sandbox takes any of this form. */
export const HUB_TOKEN = 'hf_TrialTokenThatMustNeverBePrinted';

export interface Trial {
  env: Record<string, string>;
  /** Of its own, with the jobs and the Hugging Face cache in it. */
  home: string;
  bucket: string;
  roleArn: string;
  aws: AwsClients;
  /** Runs the command against the sandbox and makes sure that no secret is in its output. */
  run(args: readonly string[], options?: Partial<RunOptions>): Promise<CommandRun>;
  /** Keys and sizes under a prefix. */
  objects(prefix: string): Promise<Array<{ key: string; sizeBytes: number }>>;
  read(key: string): Promise<Uint8Array>;
  stop(): Promise<void>;
}

/** The bundled command beside a running sandbox of its own. */
export async function startTrial(options: StartSandboxOptions = {}): Promise<Trial> {
  const [sandbox, home] = await Promise.all([
    startSandbox(options),
    mkdtemp(join(tmpdir(), 'trial-')),
    bundleEngine()
  ]);
  const env: Record<string, string> = {
    ...sandbox.env,
    HOME: home,
    HF_TOKEN: HUB_TOKEN,
    BEDROCK_IMPORT_STATE_DIR: join(home, '.bedrock-import'),
    HF_HUB_CACHE: join(home, '.cache', 'huggingface', 'hub')
  };
  const aws = createAwsClients({ region: sandbox.env.AWS_REGION, env: sandbox.env });
  const bucket = sandbox.env.BEDROCK_IMPORT_SANDBOX_BUCKET ?? '';
  const secrets = [HUB_TOKEN, sandbox.env.AWS_SECRET_ACCESS_KEY ?? ''];
  return {
    env,
    home,
    bucket,
    roleArn: sandbox.env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN ?? '',
    aws,
    run: async (args, more = {}) => {
      const all = { ...env, ...more.env };
      const ran = await runBundle(args, { ...more, env: all });
      const given = [all.HF_TOKEN, all.AWS_SECRET_ACCESS_KEY, all.AWS_SESSION_TOKEN];
      requireNoSecret(ran, [...secrets, ...given]);
      await requireNoSecretIn(all.BEDROCK_IMPORT_STATE_DIR, [...secrets, ...given]);
      return ran;
    },
    objects: async prefix => {
      const listed = await aws.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })
      );
      return (listed.Contents ?? []).map(({ Key = '', Size = 0 }) => ({
        key: Key,
        sizeBytes: Size
      }));
    },
    read: async key => {
      const object = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await object.Body?.transformToByteArray()) ?? new Uint8Array();
    },
    stop: async () => {
      aws.destroy();
      await sandbox.stop();
      await rm(home, { recursive: true, force: true });
    }
  };
}

/** @throws Error that tells where, not what. */
export function requireNoSecret(ran: CommandRun, secrets: ReadonlyArray<string | undefined>): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    requireClean(ran[stream], stream, secrets);
  }
}

/** Looks in every file of a folder. */
export async function requireNoSecretIn(
  folder: string | undefined,
  secrets: ReadonlyArray<string | undefined>
): Promise<void> {
  const entries = await readdir(folder ?? '', { recursive: true, withFileTypes: true }).catch(
    () => []
  );
  for (const entry of entries.filter(found => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    // Another command may just be replacing it.
    requireClean(await readFile(path, 'utf8').catch(() => ''), path, secrets);
  }
}

function requireClean(
  text: string,
  where: string,
  secrets: ReadonlyArray<string | undefined>
): void {
  const pieces = secrets
    .flatMap(secret => (secret ?? '').split(/\s+/))
    .filter(piece => piece !== '');
  const found =
    pieces.some(piece => text.includes(piece)) ||
    /X-Amz-Signature=(?!\*)|X-Amz-Security-Token=(?!\*)/i.test(text);
  if (found) {
    throw new Error(`There is a secret in ${where}.`);
  }
}
