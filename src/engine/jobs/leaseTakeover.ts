import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../waiting';
import { readToken, seeLease } from './leaseFile';
import type { LeaseTiming, SeenLease } from './leaseFile';
import { codeOf, createNew, isMissing, reasonOf, writeWhole } from './ownFiles';

/**
 * Replaces a lease whose holder is gone. Of all that try, one makes the claim, a file named after the
 * lease to be replaced; what it finds replaced by then, it leaves alone. A claim whose maker has died
 * makes room for the next number.
 */
export async function takeOver(attempt: {
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
    if ((await seeLease(path, timing)).mark !== seen.mark) {
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
export async function removeOldClaims(path: string, timing: LeaseTiming): Promise<void> {
  const folder = dirname(path);
  const start = `${basename(path)}.claim-`;
  for (const name of await readdir(folder)) {
    const claim = join(folder, name);
    if (name.startsWith(start) && (await ageOf(claim)) > 10 * timing.staleMs) {
      await rm(claim, { force: true });
    }
  }
}
