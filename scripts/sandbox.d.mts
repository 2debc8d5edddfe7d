export interface Sandbox {
  /** The variables that point clients to it. */
  env: Record<string, string>;
  /** Its exit code. */
  ended: Promise<number>;
  /** What it wrote to standard error, when that is collected. */
  log(): string;
  stop(): Promise<void>;
}

export function startSandbox(options?: {
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  quiet?: boolean;
}): Promise<Sandbox>;
