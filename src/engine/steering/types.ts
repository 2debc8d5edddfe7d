import type { Environment } from '../environment';

/** Variables that steering sets, in the order in which people are shown them. */
export const SETTABLE_VARIABLES = [
  'HF_HOME',
  'HF_HUB_CACHE',
  'HF_XET_CACHE',
  'HF_ASSETS_CACHE',
  'HF_TOKEN_PATH',
  'TMPDIR'
] as const;

/** Old names that win over the new ones in some tools, and that steering takes away. */
export const UNSETTABLE_VARIABLES = ['TRANSFORMERS_CACHE', 'HUGGINGFACE_HUB_CACHE'] as const;

export type SettableVariable = (typeof SETTABLE_VARIABLES)[number];
export type UnsettableVariable = (typeof UNSETTABLE_VARIABLES)[number];
export type SteeringVariable = SettableVariable | UnsettableVariable;

export const STEERING_VARIABLES: readonly SteeringVariable[] = [
  ...SETTABLE_VARIABLES,
  ...UNSETTABLE_VARIABLES
];

export type Variables = Readonly<Record<string, string | undefined>>;

/** What `steering.json` says: how the environment of new kernels and terminals differs. */
export interface SteeringState {
  /** Absolute folders under the JupyterLab root or the home folder; for `HF_TOKEN_PATH` a file. */
  set: Partial<Record<SettableVariable, string>>;
  unset: UnsettableVariable[];
  /**
   * What these variables were where steering was switched on; null: not set. It tells a terminal of old
   * from one in which the user has set something of their own.
   */
  before: Partial<Record<SteeringVariable, string | null>>;
}

/** The host and the environment that is steered. */
export interface SteeringPlace {
  environment: Pick<
    Environment,
    'host' | 'hostLabel' | 'root' | 'homeDirectory' | 'stateDirectory'
  >;
  /** As this process has it; what it was before it was steered is known. @default process.env */
  env?: Record<string, string | undefined>;
}

/** A variable that says where tools keep large files. */
export interface SteeredVariable {
  name: SteeringVariable;
  /** What new kernels and terminals get now; missing: not set. */
  now?: string;
  /** Where the tools write then, whether it is set or not. */
  folderNow: string;
  /** What it is when steering is on; missing: not set. */
  steered?: string;
  /** Whether the folder lies on the disk of the JupyterLab root, or in the network, and lasts. */
  lasts: boolean;
  change: 'none' | 'set' | 'unset';
}

export interface SteeringFacts {
  on: boolean;
  /** Something would be better elsewhere than it goes now. */
  needed: boolean;
  /** Sentences for this kind of host. */
  notes: string[];
  root: string;
  variables: SteeredVariable[];
  /** A Python cell that gives a running kernel the values of steering. */
  cell: string;
  /** For hosts on which a server without this extension would forget the setting. */
  lifecycleScript?: string;
  /** The file that holds the setting. */
  file: string;
}
