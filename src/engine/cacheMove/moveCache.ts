import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { hubCacheFolder } from '../cache';
import { codeOf, deviceOf, planDisk } from '../disk';
import { BedrockImportError } from '../errors';
import { planSteering, steered, steerHubCache, unsteered } from '../steering';
import type { SteeringPlace } from '../steering';
import { freeOld } from './freeOld';
import type { FreedCache } from './freeOld';
import { toMoveError } from './moveErrors';
import { moveTree, renameWhole } from './moveTree';
import type { Settled } from './moveTree';
import { sizeToCopy } from './planMove';
import { scanTree, WORK_FOLDER } from './scanTree';
import type { MoveOptions } from './types';

/** From where to where; all else is looked at anew. */
export interface CacheMove {
  from: string;
  to: string;
}

/**
 * The steps of a move, each of which can be ended at any point, also by kill -9, and begun again by another
 * process: nothing is deleted before it was found in the new place.
 */
export class MovingCache {
  private readonly settled: Settled = new Map();
  private isMountedTwice = false;

  constructor(
    private readonly move: CacheMove,
    private readonly place: SteeringPlace
  ) {}

  /**
   * Whether it can be done now.
   *
   * @throws BedrockImportError `CACHE_MOVE_NO_ROOM`, `CACHE_MISSING` (blocked)
   */
  async check(signal: AbortSignal): Promise<string | undefined> {
    const { from, to } = this.move;
    const [old, there] = await Promise.all([isFolder(from), isFolder(to)]);
    if (!old) {
      if (there) {
        return 'all is in the new place already';
      }
      throw new BedrockImportError({
        code: 'CACHE_MISSING',
        message: 'The cache that was to be moved is not there any more.',
        subject: from,
        nextStep: 'Cancel this job, and plan the move anew if there is another cache.',
        kind: 'blocked'
      });
    }
    if (!(await this.isOneDisk())) {
      await this.requireRoom(signal);
    }
    return undefined;
  }

  /** @returns what was done, in a few words */
  async copy(options: MoveOptions): Promise<{ detail: string; bytes: number; files: number }> {
    const { from, to } = this.move;
    try {
      if (!(await isFolder(from))) {
        return { detail: 'all is in the new place already', bytes: 0, files: 0 };
      }
      if ((await this.isOneDisk()) && (await renameWhole(from, to))) {
        return { detail: 'renamed', bytes: 0, files: 0 };
      }
      const { settled } = this;
      const moved = await this.byCopyIfNeeded(options.signal, async () =>
        moveTree(from, to, { ...options, sameDisk: await this.isOneDisk(), settled })
      );
      return {
        detail: `${moved.files} files are in the new place and compared`,
        bytes: moved.bytes,
        files: moved.files
      };
    } catch (error) {
      throw toMoveError(error, to);
    }
  }

  /** Has new kernels and terminals look in the new place. @throws as `steerHubCache` */
  async switchOver(): Promise<string> {
    const { to } = this.move;
    const env = this.place.env ?? process.env;
    const { current } = await planSteering(this.place);
    const { homeDirectory } = this.place.environment;
    const now = hubCacheFolder({ env: steered(unsteered(env), current), homeDirectory });
    if (now === to) {
      return 'new kernels and terminals look there already';
    }
    await steerHubCache(this.place, to);
    return `HF_HUB_CACHE=${to}`;
  }

  /** Deletes what the new place was found to hold. @throws BedrockImportError `CACHE_IN_USE` */
  async free(options: MoveOptions): Promise<FreedCache> {
    const { from, to } = this.move;
    try {
      const { settled } = this;
      return await this.byCopyIfNeeded(options.signal, async () =>
        freeOld(from, to, { ...options, sameDisk: await this.isOneDisk(), settled })
      );
    } catch (error) {
      throw toMoveError(error, to);
    }
  }

  private async isOneDisk(): Promise<boolean> {
    const { from, to } = this.move;
    return !this.isMountedTwice && (await deviceOf(from)) === (await deviceOf(to));
  }

  /** A second mount of one disk looks like it, and does not let a file have a name in both. */
  private async byCopyIfNeeded<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== 'EXDEV' || this.isMountedTwice) {
        throw error;
      }
    }
    this.isMountedTwice = true;
    await this.requireRoom(signal);
    return work();
  }

  private async requireRoom(signal: AbortSignal): Promise<void> {
    const { from, to } = this.move;
    const entries = await scanTree(from, signal);
    const plan = await planDisk({
      sizeBytes: await sizeToCopy(entries, to),
      path: to,
      newEntries: entries.length
    });
    if (!plan.fits) {
      throw new BedrockImportError({
        code: 'CACHE_MOVE_NO_ROOM',
        message: plan.explanation,
        subject: to,
        nextStep: plan.nextSteps[0] ?? 'Free some space there, then resume the job.',
        kind: 'blocked'
      });
    }
  }
}

/** Deletes half-written copies of a move that is given up; what has its name in the new place stays. */
export async function dropUnfinished({ to }: CacheMove): Promise<void> {
  await rm(join(to, WORK_FOLDER), { recursive: true, force: true }).catch(() => undefined);
}

function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    facts => facts.isDirectory(),
    () => false
  );
}
