/**
 * Last part of the address, under `bedrock-import/`, at which the server half tells where tools write:
 * an authenticated GET, answered without the engine. The answer is an `EnvironmentFacts`.
 */
export const ENVIRONMENT_PATH = 'environment';

/**
 * Variables that say where tools keep large files, by name: HF_HOME, HF_HUB_CACHE, HF_XET_CACHE,
 * HF_ASSETS_CACHE, HF_TOKEN_PATH, TMPDIR, TRANSFORMERS_CACHE, HUGGINGFACE_HUB_CACHE. What is not set is
 * missing. No other variable is ever told.
 */
export type SteeringVariables = Partial<Record<string, string>>;

export interface KernelEnvironment {
  /** Of the kernel, as `/api/kernels` gives it. */
  id: string;
  /** Of the kernel's specification, such as `python3`. */
  name: string;
  /** Of the notebook that uses it. */
  path?: string;
  /**
   * What the kernel was started with; null where the system does not tell. A restart of a notebook's kernel
   * keeps it; a kernel that is shut down and started again gets what the server has.
   */
  variables: SteeringVariables | null;
  /**
   * Whether these are other values than a kernel that is started now gets; null where that is unknown.
   * A cell that was run to change them is not seen.
   */
  outdated: boolean | null;
}

export interface TerminalEnvironment {
  /** As `/api/terminals` gives it. */
  name: string;
  /** What its shell was started with; null where the system does not tell. */
  variables: SteeringVariables | null;
  outdated: boolean | null;
}

export interface EnvironmentFacts {
  /** What kernels and terminals get that are started now. */
  server: SteeringVariables;
  kernels: KernelEnvironment[];
  terminals: TerminalEnvironment[];
}
