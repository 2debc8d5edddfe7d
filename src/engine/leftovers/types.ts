/** Something that takes room and can be made or fetched again, or is not needed any more. */
export interface Leftover {
  id: string;
  kind: 'xet' | 'pip' | 'conda' | 'checkpoints' | 'job' | 'temporary';
  label: string;
  /** What would be deleted, absolute. */
  paths: string[];
  /** What that frees. */
  bytes: number;
  onRootDisk: boolean;
  /** What deleting it means. */
  meaning: string;
  /** Why it is not deleted here. */
  problem?: string;
}

export interface LeftoverPlace {
  /** JupyterLab's root folder. */
  root: string;
  homeDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Where jobs are kept. */
  stateDirectory: string;
}

export interface Candidate extends Omit<Leftover, 'bytes' | 'onRootDisk'> {
  /** The folder that must really hold the paths when they are deleted. */
  within: string;
}
