import { open } from 'node:fs/promises';
import { isMissing } from './ownFiles';
import { hasEnded } from './processIdentity';
import type { ProcessIdentity } from './processIdentity';

export interface LeaseTiming {
  /** Between two signs of life. @default 2_000 */
  heartbeatMs: number;
  /** Without a sign of life for so long, the holder counts as gone. @default 20_000 */
  staleMs: number;
}

export const LEASE_TIMING: LeaseTiming = { heartbeatMs: 2000, staleMs: 20_000 };

export interface LeaseContent extends ProcessIdentity {
  version: 1;
  token: string;
  /** What the lease is held for: a job's id. */
  holder: string;
  acquiredAt: string;
}

/** A lease as anybody sees it. */
export interface LeaseView {
  /** `ended`: its process is gone; `stale`: without a sign of life for too long. */
  state: 'free' | 'held' | 'ended' | 'stale';
  holder?: string;
  pid?: number;
}

export interface SeenLease extends LeaseView {
  /** Changes with every holder and every sign of life. */
  mark: string;
  /** Names the holder, also of a file that cannot be read. */
  key: string;
}

const FREE: SeenLease = { state: 'free', mark: '', key: '' };

/** Looks at a lease without waiting; only `Lease.acquire` is certain. */
export async function lookAtLease(path: string, timing: LeaseTiming): Promise<LeaseView> {
  const { state, holder, pid } = await seeLease(path, timing);
  return { state, holder, pid };
}

/** Looks at a lease without waiting, with what tells whether it has changed at the next look. */
export async function seeLease(path: string, timing: LeaseTiming): Promise<SeenLease> {
  let text: string;
  let mtimeMs: number;
  let inode: number;
  try {
    // Opened anew each time: network file systems then ask the server for the time of the file.
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      mtimeMs = stats.mtimeMs;
      inode = stats.ino;
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) {
      return FREE;
    }
    throw error;
  }
  const content = parseLease(text);
  const key = content?.token ?? `unreadable-${inode}`;
  const silentMs = Math.abs(Date.now() - mtimeMs);
  const state =
    content !== undefined && hasEnded(content)
      ? 'ended'
      : silentMs > timing.staleMs
        ? 'stale'
        : 'held';
  return { state, holder: content?.holder, pid: content?.pid, key, mark: `${key} ${mtimeMs}` };
}

export function parseLease(text: string): LeaseContent | undefined {
  try {
    const value = JSON.parse(text) as Partial<LeaseContent> | null;
    return typeof value === 'object' &&
      value !== null &&
      typeof value.token === 'string' &&
      typeof value.host === 'string' &&
      typeof value.bootedAt === 'number' &&
      typeof value.pid === 'number' &&
      typeof value.holder === 'string'
      ? (value as LeaseContent)
      : undefined;
  } catch {
    return undefined;
  }
}

export async function readToken(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      return parseLease(await file.readFile('utf8'))?.token;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}
