import { lstat, open } from 'node:fs/promises';
import type { Environment } from '../environment';
import { isMissing, reasonOf } from './ownFiles';

/** The idle shutdown of Studio spaces takes the time in it for activity. */
export const ACTIVITY_FILE = '/tmp/.sagemaker-last-active-timestamp';

export interface KeepAwakeOptions {
  environment: Pick<Environment, 'host'>;
  onWarning: (message: string) => void;
  /** @default ACTIVITY_FILE */
  file?: string;
  /** @default 60_000 */
  everyMs?: number;
}

/**
 * Keeps the host from shutting down for idleness until the returned function is called. Studio and
 * Unified Studio look at a file; a Notebook Instance looks at kernel sessions, which need the Jupyter
 * server. What does not work is a warning, once, and never stops a job.
 */
export function keepHostAwake(options: KeepAwakeOptions): () => void {
  const { environment, onWarning } = options;
  if (environment.host === 'notebook-instance') {
    onWarning(
      'This Notebook Instance may be set to stop when no kernel is active. Keep a kernel session active while the job runs.'
    );
    return () => undefined;
  }
  if (environment.host === 'plain-jupyter') {
    return () => undefined;
  }
  const file = options.file ?? ACTIVITY_FILE;
  let warned = false;
  const mark = async (): Promise<void> => {
    try {
      await refuseLink(file);
      await writeInPlace(file, new Date().toISOString());
    } catch (error) {
      if (!warned) {
        warned = true;
        onWarning(
          `${file} cannot be written (${reasonOf(error)}), so the space may be shut down for idleness while the job runs.`
        );
      }
    }
  };
  void mark();
  const timer = setInterval(() => void mark(), options.everyMs ?? 60_000);
  return () => clearInterval(timer);
}

/** Whoever reads the file meanwhile finds a time in it, the old one or the new one, and never nothing. */
async function writeInPlace(file: string, text: string): Promise<void> {
  const handle = await open(file, 'r+').catch((error: unknown) => {
    if (isMissing(error)) {
      return open(file, 'w');
    }
    throw error;
  });
  try {
    await handle.write(text, 0);
    await handle.truncate(text.length);
  } finally {
    await handle.close();
  }
}

/** The folder is everybody's: a link there could lead anywhere. */
async function refuseLink(file: string): Promise<void> {
  try {
    if (!(await lstat(file)).isFile()) {
      throw new Error('it is not a regular file');
    }
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
}
