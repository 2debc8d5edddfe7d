import type { Bucket } from '../bucket';
import type { HubFile } from '../hubFiles';
import type { Tools } from '../install';
import type { Commands } from '../measure';
import type { Servers } from '../servers';

/** One run of one way: from the hub into its own prefix. */
export interface Run {
  tools: Tools;
  servers: Servers;
  bucket: Bucket;
  model: string;
  files: readonly HubFile[];
  /** Ends with a slash. */
  prefix: string;
  /** A new folder that is removed after the run. */
  folder: string;
}

export interface Way {
  title: string;
  /** What to know when reading its numbers. */
  note: string;
  /** Prepares and returns what is measured. */
  prepare(run: Run): Promise<Commands & { finish?: () => Promise<void> }>;
}
