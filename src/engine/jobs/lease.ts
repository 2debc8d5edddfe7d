import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { systemClock } from '../waiting';
import { LEASE_TIMING, parseLease, readToken, seeLease } from './leaseFile';
import type { LeaseContent, LeaseTiming, LeaseView } from './leaseFile';
import { removeOldClaims, takeOver } from './leaseTakeover';
import { codeOf, createNew, isMissing } from './ownFiles';
import { ownIdentity } from './processIdentity';

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
      const seen = await seeLease(path, timing);
      if (seen.state === 'held') {
        return { heldBy: seen };
      }
      if (seen.state === 'free') {
        continue;
      }
      // What looks ended may live on a machine that only looks like this one, or wake up.
      await systemClock.sleep(2 * timing.heartbeatMs, options.signal);
      if ((await seeLease(path, timing)).mark !== seen.mark) {
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
