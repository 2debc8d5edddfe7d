/** One JupyterLab with the wheel, which a test may stop, crash and start again. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  labFolders,
  removeLabFolder,
  startJupyterLab,
  writeSettings
} from '../scripts/jupyterlab.mjs';
import type { StartedJupyterLab } from '../scripts/jupyterlab.mjs';
import { environmentOf } from '../scripts/jupyterlabVersions.mjs';
import { mergeEnvironment } from '../scripts/sandboxEnvironment.mjs';

export const PLUGIN = 'jupyterlab-bedrock-import:plugin';

/** Of this computer's user: accounts, endpoints, proxies and what the engine looks at. */
const NOT_PASSED_ON =
  /^(AWS_|HF_|HUGGING_FACE_|HUGGINGFACE_|SAGEMAKER_|SERVICE_NAME$|BEDROCK_IMPORT_|DENO_|XDG_|PYTHON|NODE_|NPM_|(HTTPS?|ALL|NO)_PROXY$)/i;

export interface LabOptions {
  /** Version. */
  jupyterlab: string;
  baseUrl: string;
  args: readonly string[];
  /** Variables of the sandbox; more of them win over those. */
  env: Record<string, string>;
}

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'bedrock-import-ui-'));
  /** What the file browser shows. */
  readonly root = labFolders(this.folder).root;
  /** Where the engine keeps its jobs. */
  readonly jobs = join(this.folder, 'jobs');
  private server: StartedJupyterLab | undefined;
  private isRunning = false;
  private changedArgs: readonly string[] = [];

  constructor(private readonly options: LabOptions) {}

  get token(): string {
    return this.running().token;
  }

  get baseUrl(): string {
    return this.options.baseUrl;
  }

  /** Without token, such as `http://127.0.0.1:8888/jupyterlab/default/`. */
  get address(): string {
    return `http://127.0.0.1:${this.running().port}${this.options.baseUrl}`;
  }

  get version(): string {
    return this.options.jupyterlab;
  }

  /** The variables of the server, and so of the engine. */
  get environment(): Record<string, string> {
    const home = join(this.folder, 'home');
    const user = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.test(name))
    );
    return {
      ...mergeEnvironment(user, this.options.env),
      HOME: home,
      HF_HOME: join(home, 'huggingface'),
      // Compiled code is the same for all.
      DENO_DIR: join(environmentOf(this.options.jupyterlab), 'deno'),
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      BEDROCK_IMPORT_STATE_DIR: this.jobs
    };
  }

  /** An address that logs in. */
  url(path?: string): string {
    return this.running().url(path);
  }

  /** What the server, and through it the engine, has written since it was started. */
  log(): string {
    return this.server?.log() ?? '';
  }

  /** Starts the server; again on the same port and with the same token. */
  async start(args: readonly string[] = []): Promise<void> {
    mkdirSync(join(this.folder, 'home'), { recursive: true });
    this.server = await startJupyterLab({
      folder: this.folder,
      environment: environmentOf(this.options.jupyterlab),
      env: this.environment,
      baseUrl: this.options.baseUrl,
      port: this.server?.port,
      token: this.server?.token,
      // Specs call commands.
      args: ['--LabApp.expose_app_in_browser=True', ...this.options.args, ...args]
    });
    this.isRunning = true;
    this.changedArgs = args;
  }

  /** Whatever a test has done, the server runs with the options of its worker. */
  async startAsAtFirst(): Promise<void> {
    if (!this.isRunning) {
      await this.start();
    } else if (this.changedArgs.length > 0) {
      await this.restart();
    }
  }

  /** As a user does: the engine is ended, too. */
  async stop(): Promise<void> {
    this.isRunning = false;
    await this.server?.stop();
  }

  /** As the system does when memory is short. */
  async kill(): Promise<void> {
    this.isRunning = false;
    await this.server?.kill();
  }

  async restart(args: readonly string[] = []): Promise<void> {
    await this.stop();
    await this.start(args);
  }

  /** The user's settings; what the panel starts with is in `PLUGIN`. Pages read them when they load. */
  writeSettings(settings: Record<string, Record<string, unknown>>): void {
    rmSync(labFolders(this.folder).settings, { recursive: true, force: true });
    writeSettings(this.folder, settings);
  }

  /** Pages start with the layout of a first visit. */
  forgetLayout(): void {
    rmSync(labFolders(this.folder).workspaces, { recursive: true, force: true });
    mkdirSync(labFolders(this.folder).workspaces);
  }

  /** A file in what the file browser shows. */
  writeFile(path: string, content: string | Uint8Array): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  /** Processes of the engine that this server has started: none before a page needs it, then one. */
  enginePids(): number[] {
    // Without any it fails, and says nothing.
    const { stdout } = spawnSync(
      'ps',
      ['-o', 'pid=,args=', '--ppid', `${this.running().pid}`, '-ww'],
      { encoding: 'utf8' }
    );
    return stdout
      .split('\n')
      .filter(line => /\bserve\b/.test(line))
      .map(line => Number.parseInt(line, 10));
  }

  /** Ends the engine as a crash does. @throws Error when there is not exactly one */
  killEngine(): number {
    const [pid, ...others] = this.enginePids();
    if (pid === undefined || others.length > 0) {
      throw new Error(`There should be one engine: ${[pid, ...others].join(', ')}\n${this.log()}`);
    }
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Runs `bedrock-import` as in a terminal of this server. */
  command(args: readonly string[]): string {
    return execFileSync(
      join(environmentOf(this.options.jupyterlab), 'bin', 'bedrock-import'),
      args,
      {
        encoding: 'utf8',
        env: this.environment,
        stdio: ['ignore', 'pipe', 'pipe']
      }
    );
  }

  async remove(): Promise<void> {
    await this.stop();
    removeLabFolder(this.folder);
  }

  private running(): StartedJupyterLab {
    if (this.server === undefined) {
      throw new Error('JupyterLab has not been started.');
    }
    return this.server;
  }
}
