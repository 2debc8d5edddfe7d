import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockImportError } from '../errors';
import { systemClock } from '../waiting';
import { Lease } from './lease';
import { createNew, ensureFolder } from './ownFiles';
import type { JobStore } from './store';

/** The right to import into one account and Region. */
export interface ImportSlot {
  release(): Promise<void>;
}

export interface SlotOptions {
  store: JobStore;
  jobId: string;
  account: string;
  region: string;
  /** Each time that it is another job that has to end first. */
  onWaiting: (waitsFor: string | undefined) => void;
  signal: AbortSignal;
}

/**
 * Waits for the turn of a job: Bedrock runs one import at a time for an account and Region. Those that
 * wait have a ticket each, and the oldest goes first. Without a folder to hold the tickets, everybody
 * goes at once, and Bedrock itself makes them wait.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function takeImportSlot(options: SlotOptions): Promise<ImportSlot | undefined> {
  const { store, jobId, account, region, signal } = options;
  if (store.isInMemory(jobId)) {
    return undefined;
  }
  const queue = join(store.stateDirectory, 'queue');
  const folder = join(queue, `import-${account}-${region}`);
  const path = join(folder, 'lease.json');
  const ticket = join(folder, `${String(Date.now()).padStart(14, '0')}-${jobId}.ticket`);
  try {
    await ensureFolder(queue);
    await ensureFolder(folder);
    await removeTickets(folder, jobId);
    await createNew(ticket, '');
    let told: string | undefined | null = null;
    for (;;) {
      let waitsFor = await firstInQueue(store, folder);
      if (waitsFor === undefined || waitsFor === jobId) {
        const taken = await Lease.acquire(path, { holder: jobId, timing: store.timing, signal });
        if ('lease' in taken) {
          await rm(ticket, { force: true });
          return { release: () => taken.lease.release() };
        }
        waitsFor = taken.heldBy.holder;
      }
      if (waitsFor !== told) {
        told = waitsFor;
        options.onWaiting(waitsFor);
      }
      await systemClock.sleep(store.timing.heartbeatMs / 2, signal);
    }
  } catch (error) {
    await rm(ticket, { force: true }).catch(() => undefined);
    if (error instanceof BedrockImportError) {
      throw error;
    }
    return undefined;
  }
}

/** The job with the oldest ticket; tickets of jobs that nobody runs any more do not count. */
async function firstInQueue(store: JobStore, folder: string): Promise<string | undefined> {
  for (const name of (await readdir(folder)).sort()) {
    const id = /^\d{14}-(.+)\.ticket$/.exec(name)?.[1];
    if (id !== undefined) {
      const lease = await store.lookAt(id);
      if (lease.state === 'held') {
        return id;
      }
      await rm(join(folder, name), { force: true });
    }
  }
  return undefined;
}

/** Of an earlier run of the same job. */
async function removeTickets(folder: string, jobId: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(`-${jobId}.ticket`) && /^\d{14}-/.test(name)) {
      await rm(join(folder, name), { force: true });
    }
  }
}
