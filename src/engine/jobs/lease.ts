import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../waiting';
import { codeOf, createNew, isMissing, reasonOf, writeWhole } from './ownFiles';
import { hasEnded, ownIdentity } from './processIdentity';
import type { ProcessIdentity } from './processIdentity';

export interface LeaseTiming {
  /** Between two signs of life. @default 2_000 */
  heartbeatMs: number;
  /** Without a sign of life for so long, the holder counts as gone. @default 20_000 */
  staleMs: number;
}

export const LEASE_TIMING: LeaseTiming = { heartbeatMs: 2000, staleMs: 20_000 };

interface LeaseContent extends ProcessIdentity {
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

interface SeenLease extends LeaseView {
  /** Changes with every holder and every sign of life. */
  mark: string;
  /** Names the holder, also of a file that cannot be read. */
  key: string;
}

const FREE: SeenLease = { state: 'free', mark: '', key: '' };

/** Looks at a lease without waiting; only `Lease.acquire` is certain. */
export async function lookAtLease(path: string, timing: LeaseTiming): Promise<LeaseView> {
  const { state, holder, pid } = await see(path, timing);
  return { state, holder, pid };
}

async function see(path: string, timing: LeaseTiming): Promise<SeenLease> {
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

function parseLease(text: string): LeaseContent | undefined {
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

export interface AcquireOptions {
  holder: string;
  timing?: LeaseTiming;
  signal?: AbortSignal;
  /** Called once when the lease is found gone or another's. */
  onLost?: () => void;
}

/**
 * The right to be the only one that works on something, held as a file. Its modification time is the
 * sign of life. One whose holder has ended is taken over after a look whether it has, once; only one
 * process can do so, because it must first make a file that is named after the lease to be replaced.
 */
export class Lease {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private beating: Promise<boolean> = Promise.resolve(true);
  private lastBeat = Date.now();
  private ended = false;
  private lost = false;

  private constructor(
    private readonly path: string,
    private readonly token: string,
    private readonly timing: LeaseTiming,
    private readonly onLost: (() => void) | undefined
  ) {
    this.schedule();
  }

  /**
   * @returns who holds it when it cannot be had.
   * @throws what the file system says when the file cannot be written.
   */
  static async acquire(
    path: string,
    options: AcquireOptions
  ): Promise<{ lease: Lease } | { heldBy: LeaseView }> {
    const timing = options.timing ?? LEASE_TIMING;
    const token = randomBytes(16).toString('hex');
    const content: LeaseContent = {
      version: 1,
      ...ownIdentity(),
      token,
      holder: options.holder,
      acquiredAt: new Date().toISOString()
    };
    const text = `${JSON.stringify(content)}\n`;
    for (;;) {
      try {
        await createNew(path, text);
        return { lease: new Lease(path, token, timing, options.onLost) };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') {
          throw error;
        }
      }
      const seen = await see(path, timing);
      if (seen.state === 'held') {
        return { heldBy: seen };
      }
      if (seen.state === 'free') {
        continue;
      }
      // What looks ended may live on a machine that only looks like this one, or wake up.
      await systemClock.sleep(2 * timing.heartbeatMs, options.signal);
      if ((await see(path, timing)).mark !== seen.mark) {
        continue;
      }
      const taken = await takeOver({ path, text, token, seen, timing, signal: options.signal });
      if (taken) {
        return { lease: new Lease(path, token, timing, options.onLost) };
      }
    }
  }

  /** True while nothing speaks against the lease being ours; asks the disk. */
  async verify(): Promise<boolean> {
    await this.beat();
    return !this.lost;
  }

  /** False once the lease was found gone. */
  get held(): boolean {
    return !this.lost && !this.ended;
  }

  /** Gives the lease back; one that another process has by now is left alone. */
  async release(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.beating.catch(() => false);
    if (this.lost) {
      return;
    }
    const aside = `${this.path}.released-${this.token}`;
    try {
      if ((await readToken(this.path)) !== this.token) {
        return;
      }
      await rename(this.path, aside);
      if ((await readToken(aside)) === this.token) {
        await rm(aside, { force: true });
        await removeOldClaims(this.path, this.timing);
      } else {
        // Taken over between the two: it goes back.
        await rename(aside, this.path);
      }
    } catch {
      // Without a sign of life it ends by itself.
      return;
    }
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      void this.beat().then(() => {
        if (this.held) {
          this.schedule();
        }
      });
    }, this.timing.heartbeatMs);
  }

  private beat(): Promise<boolean> {
    this.beating = this.beating.then(() => this.lookAndBeat());
    return this.beating;
  }

  private async lookAndBeat(): Promise<boolean> {
    if (!this.held) {
      return false;
    }
    // Half way to being stale, somebody may be about to take over: a second look tells.
    const late = Date.now() - this.lastBeat > this.timing.staleMs / 2;
    try {
      let ours = await this.touch();
      if (ours && late) {
        await systemClock.sleep(this.timing.heartbeatMs);
        ours = await this.touch();
      }
      if (!ours) {
        this.lose();
      }
      return ours;
    } catch (error) {
      // A disk that takes no more writes lets nobody take over either; one that does not answer may.
      const unwritable = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(
        codeOf(error) ?? ''
      );
      if (!unwritable && Date.now() - this.lastBeat > this.timing.staleMs) {
        this.lose();
        return false;
      }
      return true;
    }
  }

  /** Gives the sign of life through the very file that was read, so that no other's is touched. */
  private async touch(): Promise<boolean> {
    try {
      const file = await open(this.path, 'r+');
      try {
        if (parseLease(await file.readFile('utf8'))?.token !== this.token) {
          return false;
        }
        const now = new Date();
        await file.utimes(now, now);
        this.lastBeat = now.getTime();
        return true;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) {
        return false;
      }
      throw error;
    }
  }

  private lose(): void {
    this.lost = true;
    clearTimeout(this.timer);
    this.onLost?.();
  }
}

/**
 * Replaces a lease whose holder is gone. Of all that try, one makes the claim, a file named after the
 * lease to be replaced; what it finds replaced by then, it leaves alone. A claim whose maker has died
 * makes room for the next number.
 */
async function takeOver(attempt: {
  path: string;
  text: string;
  token: string;
  seen: SeenLease;
  timing: LeaseTiming;
  signal?: AbortSignal;
}): Promise<boolean> {
  const { path, text, token, seen, timing } = attempt;
  const name = createHash('sha256').update(seen.key).digest('hex').slice(0, 16);
  for (let number = 0; ; number++) {
    const claim = `${path}.claim-${name}-${number}`;
    const claimedAt = Date.now();
    try {
      await createNew(claim, `${token}\n`);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') {
        throw error;
      }
      if ((await ageOf(claim)) > timing.staleMs) {
        continue;
      }
      // Its maker is about to replace the lease, or has done so.
      await systemClock.sleep(timing.heartbeatMs / 2, attempt.signal);
      return false;
    }
    if ((await see(path, timing)).mark !== seen.mark) {
      await rm(claim, { force: true });
      return false;
    }
    await writeWhole(path, text);
    // Held up for long here, the next number may have been claimed: then neither of both goes on.
    const slow = Date.now() - claimedAt > timing.staleMs / 2;
    const ours = (await readToken(path)) === token;
    if (slow && ours) {
      await rm(path, { force: true });
    }
    return ours && !slow;
  }
}

async function readToken(path: string): Promise<string | undefined> {
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

async function ageOf(path: string): Promise<number> {
  try {
    return Math.abs(Date.now() - (await stat(path)).mtimeMs);
  } catch (error) {
    if (isMissing(error)) {
      return 0;
    }
    throw new Error(`A claim cannot be looked at: ${reasonOf(error)}`, { cause: error });
  }
}

/** A claim is kept well beyond the longest hold-up in which it could still count. */
async function removeOldClaims(path: string, timing: LeaseTiming): Promise<void> {
  const folder = dirname(path);
  const start = `${basename(path)}.claim-`;
  for (const name of await readdir(folder)) {
    const claim = join(folder, name);
    if (name.startsWith(start) && (await ageOf(claim)) > 10 * timing.staleMs) {
      await rm(claim, { force: true });
    }
  }
}
