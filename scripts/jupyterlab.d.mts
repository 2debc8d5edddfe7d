export interface StartedJupyterLab {
  port: number;
  token: string;
  /** Begins and ends with a slash. */
  baseUrl: string;
  pid: number;
  /** Its exit code. */
  ended: Promise<number>;
  /** The last of what the server wrote. */
  log(): string;
  /** An address of this server that logs in. @default path 'lab' */
  url(path?: string): string;
  /** Ends it as a user does. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

export interface StartJupyterLabOptions {
  /** Of the caller; everything of this server is below it. */
  folder: string;
  /** Python environment. @default the checkout's .venv */
  environment?: string;
  env?: NodeJS.ProcessEnv;
  /** A user's settings, by plugin. */
  settings?: Record<string, Record<string, unknown>>;
  /** @default '/' */
  baseUrl?: string;
  /** @default a free one */
  port?: number;
  /** @default a random one */
  token?: string;
  /** More arguments of the server. */
  args?: readonly string[];
  /** Gives the start up. */
  signal?: AbortSignal;
}

export function startJupyterLab(options: StartJupyterLabOptions): Promise<StartedJupyterLab>;

export function labFolders(
  folder: string
): Record<'root' | 'config' | 'data' | 'runtime' | 'settings' | 'workspaces', string>;

export function writeSettings(
  folder: string,
  settings: Record<string, Record<string, unknown>>
): void;

export function openInSidebar(
  lab: StartedJupyterLab,
  widgetId: string,
  options?: { relativeSizes?: readonly number[] }
): Promise<void>;

export function removeLabFolder(folder: string): void;
