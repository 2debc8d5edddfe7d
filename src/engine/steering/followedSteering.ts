import { stat } from 'node:fs/promises';
import process from 'node:process';

import { applySteering } from './processEnvironment';
import { followSteering } from './steer';
import { steeringFile } from './steeringFile';
import type { SteeringPlace } from './types';

/** Makes a process that lives long follow `steering.json`, whoever changes it. */
export class FollowedSteering {
  private seen: string | undefined;

  /** Looks whether the file is another one; whether it was followed anew. */
  async follow(place: SteeringPlace): Promise<boolean> {
    const now = await stat(steeringFile(place)).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => ''
    );
    if (now === this.seen) {
      return false;
    }
    this.seen = now;
    await followSteering(place, { ownWins: false }).catch(() => {
      // As the server half, which takes a file that cannot be followed for none.
      applySteering(place.env ?? process.env, undefined, { ownWins: false });
    });
    return true;
  }
}
