import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeWhole } from './ownFiles';

/** What another process may ask of the one that runs a job. */
export type JobRequest = 'pause' | 'cancel';

const POLL_MS = 500;

function requestFile(folder: string): string {
  return join(folder, 'request.json');
}

/** Asks whoever runs the job; a later question takes the place of an earlier one. */
export async function askRunner(folder: string, ask: JobRequest): Promise<void> {
  const request = { version: 1, ask, askedAt: new Date().toISOString() };
  await writeWhole(requestFile(folder), `${JSON.stringify(request)}\n`);
}

export async function clearRequest(folder: string): Promise<void> {
  await rm(requestFile(folder), { force: true }).catch(() => undefined);
}

async function readRequest(folder: string): Promise<JobRequest | undefined> {
  try {
    const value: unknown = JSON.parse((await readIfThere(requestFile(folder))) ?? 'null');
    const ask = typeof value === 'object' && value !== null && 'ask' in value ? value.ask : '';
    return ask === 'pause' || ask === 'cancel' ? ask : undefined;
  } catch {
    // Neither broken nor unreadable requests may stop the work.
    return undefined;
  }
}

/** Looks for requests until the returned function is called. */
export function watchRequests(
  folder: string,
  onRequest: (request: JobRequest) => void
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const look = async (): Promise<void> => {
    const request = await readRequest(folder);
    if (!ended && request !== undefined) {
      onRequest(request);
    }
    if (!ended) {
      timer = setTimeout(() => void look(), POLL_MS);
    }
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
