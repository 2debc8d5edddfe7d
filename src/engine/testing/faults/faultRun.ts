import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command
} from '@aws-sdk/client-s3';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../../sandbox/testing';
import type { StartedSandbox } from '../../../sandbox/testing';
import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { listImportedModels, listImportJobs } from '../../bedrock';
import { layOutParts, MANIFEST_NAME, readManifest } from '../../transfer';
import { NetworkGate } from './networkGate';
import type { FaultSchedule, Strike } from './schedule';

export const FAULT_MODEL = 'trial/faulty';

/** Paths and bytes of the model that is copied. */
export type FaultModel = Readonly<Record<string, string | Uint8Array>>;

export interface EngineRun {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface FaultReport {
  schedule: FaultSchedule;
  /** One line for each run of the command. */
  runs: string[];
  /** What is wrong at the end; empty when everything is as it must be. */
  problems: string[];
}

export interface FaultRunOptions {
  schedule: FaultSchedule;
  model: FaultModel;
  /** The installed command. */
  command: string;
}

/** A last run is patient, but not for ever: a job that never ends is a finding. */
const RUN_LIMIT_MS = 240_000;
const POLL_MS = 10;

/**
 * Carries the whole main job through a schedule of faults, strike by strike, lets it end undisturbed,
 * and says what is wrong with the result.
 */
export async function runFaults(options: FaultRunOptions): Promise<FaultReport> {
  const { schedule, model } = options;
  const home = await mkdtemp(join(tmpdir(), 'faults-'));
  const dataDirectory = await mkdtemp(join(tmpdir(), 'faults-data-'));
  const faults = schedule.faults.flatMap(fault => ['--fault', fault]);
  const sandbox = await startSandbox({
    models: { [FAULT_MODEL]: model },
    dataDirectory,
    args: ['--verbose', '--seed', String(schedule.seed), '--bandwidth', '12MB', ...faults]
  });
  const gates = {
    hub: await NetworkGate.inFrontOf(sandbox.hubUrl),
    aws: await NetworkGate.inFrontOf(sandbox.awsUrl)
  };
  const trial = new FaultTrial(options, sandbox, gates, home);
  try {
    for (const strike of schedule.strikes) {
      await trial.run(strike);
    }
    await trial.run(undefined);
    await sandbox.stop();
    const problems = [
      ...trial.problems,
      ...sentTooOften(schedule, model, sandbox.log()),
      ...(await wrongAtAws(dataDirectory, model)),
      ...(await secretsIn(home, [sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? '']))
    ];
    return { schedule, runs: trial.runs, problems };
  } finally {
    await trial.end();
    await Promise.all([gates.hub.close(), gates.aws.close()]);
    await sandbox.stop();
    await Promise.all(
      [home, dataDirectory].map(folder => rm(folder, { recursive: true, force: true }))
    );
  }
}

/** Looked at without the faults, which strike readers as well. */
async function wrongAtAws(dataDirectory: string, model: FaultModel): Promise<string[]> {
  const sandbox = await startSandbox({ dataDirectory });
  const aws = createAwsClients({ region: sandbox.env['AWS_REGION'], env: sandbox.env });
  try {
    return [...(await wrongInS3(aws, sandbox, model)), ...(await wrongAtBedrock(aws))];
  } finally {
    aws.destroy();
    await sandbox.stop();
  }
}

class FaultTrial {
  readonly runs: string[] = [];
  readonly problems: string[] = [];
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly options: FaultRunOptions,
    private readonly sandbox: StartedSandbox,
    private readonly gates: { hub: NetworkGate; aws: NetworkGate },
    private readonly home: string
  ) {}

  /** One run of the command with at most one strike; without one it must reach the end. */
  async run(strike: Strike | undefined): Promise<void> {
    const stop = new AbortController();
    const running = this.start(this.runs.length > 0);
    const struck = this.strike(strike, running, stop.signal);
    const ended = await running.ended;
    stop.abort();
    const second = await struck;
    this.note(strike?.kind ?? 'undisturbed', ended);
    if (second !== undefined) {
      this.note('second engine', second);
      this.judge(second);
    }
    if (strike === undefined && ended.code !== 0) {
      this.problems.push(`the undisturbed run ended with ${ended.code}: ${lastLines(ended)}`);
    }
    this.judge(ended);
  }

  async end(): Promise<void> {
    this.children.forEach(child => child.kill('SIGKILL'));
    this.gates.hub.open();
    this.gates.aws.open();
  }

  /** Whatever happens, an end is one of the documented ones and no stack trace. */
  private judge(run: EngineRun): void {
    if (run.signal === null && ![0, 1, 3].includes(run.code ?? -1)) {
      this.problems.push(`the command ended with code ${run.code}: ${lastLines(run)}`);
    }
    if (/^\s+at .*:\d+:\d+\)?$/m.test(run.stderr) || /uncaught/i.test(run.stderr)) {
      this.problems.push(`a stack trace was printed: ${lastLines(run)}`);
    }
    const secret = this.sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? '';
    if ((run.stdout + run.stderr).includes(secret)) {
      this.problems.push('the secret key was printed');
    }
  }

  private start(again: boolean): { child: ChildProcess; ended: Promise<EngineRun> } {
    const { schedule, command } = this.options;
    const whole = [
      ...['import', FAULT_MODEL, '--bucket', this.sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET']],
      ...['--role', this.sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN']],
      ...['--prefix', 'faults', '--connections', String(schedule.connections)],
      ...['--ask', 'Hello', '--yes', '--json']
    ].map(word => word ?? '');
    const resume = again && schedule.goOnWith === 'jobs-resume';
    const child = spawn(command, resume ? ['jobs', 'resume', '--all', '--json'] : whole, {
      env: {
        PATH: process.env['PATH'],
        LANG: 'C.UTF-8',
        ...this.sandbox.env,
        HF_ENDPOINT: this.gates.hub.url,
        AWS_ENDPOINT_URL: this.gates.aws.url,
        HOME: this.home,
        BEDROCK_IMPORT_STATE_DIR: undefined
      },
      stdio: ['ignore', 'pipe', 'pipe']
    });
    this.children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const limit = setTimeout(() => {
      this.problems.push(`a run did not end in ${RUN_LIMIT_MS / 1000} s: ${stderr.slice(-600)}`);
      child.kill('SIGKILL');
    }, RUN_LIMIT_MS);
    const ended = new Promise<EngineRun>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(limit);
        this.children.delete(child);
        resolve({ code, signal, stdout, stderr });
      });
    });
    return { child, ended };
  }

  private async strike(
    strike: Strike | undefined,
    running: { child: ChildProcess },
    signal: AbortSignal
  ): Promise<EngineRun | undefined> {
    const wait = async (ms: number): Promise<boolean> =>
      sleep(ms, true, { signal }).catch(() => false);
    switch (strike?.kind) {
      case undefined:
        return undefined;
      case 'kill-engine': {
        const startedAt = Date.now();
        const before = await this.journalLines();
        while (await wait(POLL_MS)) {
          const lines = (await this.journalLines()) - before;
          if (lines >= strike.atJournalLine || Date.now() - startedAt >= strike.orAfterMs) {
            running.child.kill('SIGKILL');
            return undefined;
          }
        }
        return undefined;
      }
      case 'cut-network':
      case 'freeze-network':
        if (await wait(strike.afterMs)) {
          const gates = [this.gates.hub, this.gates.aws];
          gates.forEach(gate => (strike.kind === 'cut-network' ? gate.cut() : gate.freeze()));
          await wait(strike.forMs);
          gates.forEach(gate => gate.open());
        }
        return undefined;
      case 'second-engine':
        return (await wait(strike.afterMs)) ? this.start(false).ended : undefined;
    }
  }

  private async journalLines(): Promise<number> {
    const jobs = join(this.home, '.bedrock-import', 'jobs');
    const names = await readdir(jobs).catch(() => []);
    const texts = await Promise.all(
      names.map(name => readFile(join(jobs, name, 'journal.jsonl'), 'utf8').catch(() => ''))
    );
    return texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0);
  }

  private note(what: string, { code, signal, stderr }: EngineRun): void {
    this.runs.push(
      `${what}: ${signal ?? `exit ${code}`}; ${stderr.trimEnd().split('\n').at(-1) ?? ''}`
    );
  }
}

function lastLines({ stdout, stderr }: EngineRun): string {
  return `${stderr.slice(-1500)}\n${stdout.slice(-1500)}`;
}

/** Faults after which S3 may have bytes that the engine rightly sends again. */
const MAKES_SEND_AGAIN = /^(hub-flip-byte|hub-swap|s3-reset|credentials-expire)=/;

/** After each strike at most one part of each connection may go again. */
function sentTooOften(schedule: FaultSchedule, model: FaultModel, log: string): string[] {
  if (schedule.faults.some(fault => MAKES_SEND_AGAIN.test(fault))) {
    return [];
  }
  const puts = new Map<string, number>();
  for (const [, path = ''] of log.matchAll(/^PUT \/[^/\s]+\/faults\/(\S+) 200 /gm)) {
    puts.set(path, (puts.get(path) ?? 0) + 1);
  }
  return Object.entries(model).flatMap(([path, content]) => {
    const { method, partCount } = layOutParts(content.length);
    // The proof of a file in parts is a PUT as well, and each run may have to make it again.
    const runs = schedule.strikes.length * (schedule.connections + 1);
    const allowed = partCount + (method === 'multipart' ? 1 : 0) + runs;
    const found = puts.get(path) ?? 0;
    return found > allowed ? [`${path} was sent in ${found} requests, ${allowed} allowed`] : [];
  });
}

async function wrongInS3(
  { s3 }: AwsClients,
  sandbox: StartedSandbox,
  model: FaultModel
): Promise<string[]> {
  const Bucket = sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '';
  const prefix = 'faults/';
  const problems: string[] = [];
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
  const manifest = await readManifest(s3, { bucket: Bucket, prefix }, undefined);
  const expected = (manifest?.files ?? []).map(({ path }) => path);
  for (const path of ['config.json', 'tokenizer.json']) {
    if (!expected.includes(path)) {
      problems.push(`the manifest does not name ${path}`);
    }
  }
  const keys = (listed.Contents ?? []).map(({ Key = '' }) => Key.slice(prefix.length));
  const unexpected = keys.filter(key => key !== MANIFEST_NAME && !expected.includes(key));
  if (unexpected.length > 0) {
    problems.push(`objects that do not belong there: ${unexpected.join(', ')}`);
  }
  for (const path of expected) {
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: prefix + path }));
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    if (hash(bytes) !== hash(model[path] ?? '')) {
      problems.push(`${path} is not bit-identical`);
    }
  }
  const { Uploads = [] } = await s3.send(
    new ListMultipartUploadsCommand({ Bucket, Prefix: prefix })
  );
  if (Uploads.length > 0) {
    problems.push(`orphaned uploads: ${Uploads.map(({ Key }) => Key).join(', ')}`);
  }
  return problems;
}

/** However often the job was started: one import job that completed, and its model. */
async function wrongAtBedrock(aws: AwsClients): Promise<string[]> {
  const jobs = await listImportJobs(aws, {});
  const models = await listImportedModels(aws, {});
  const states = jobs.map(({ status }) => status).join(', ');
  return [
    ...(jobs.length === 1 && states === 'Completed' ? [] : [`import jobs: ${states || 'none'}`]),
    ...(models.length === 1 ? [] : [`${models.length} imported models`])
  ];
}

async function secretsIn(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter(each => each.isFile())) {
    const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
    if (secrets.some(secret => text.includes(secret)) || /X-Amz-Signature=/i.test(text)) {
      found.push(`a secret is in ${entry.name}`);
    }
  }
  return found;
}

function hash(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
