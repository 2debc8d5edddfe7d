import { chmod, mkdir, open, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';

import { detectEnvironment } from '../environment';
import { BedrockImportError } from '../errors';
import { getSteering, planSteering } from './planSteering';
import { applySteering } from './processEnvironment';
import { isSteerable, readSteering, removeSteering, writeSteering } from './steeringFile';
import type { SteeringFacts, SteeringPlace, SteeringState } from './types';
import { writeError } from './writeError';

/** A disk that takes this much has room to begin with; what downloads need is asked before each of them. */
const PROBE_BYTES = 1024 * 1024;
/** Always the same, so that what a process has left that was killed goes with the next try. */
const PROBE = '.bedrock-import-probe';

/**
 * Switches steering on: makes the folders, tries that they can be written, and keeps the setting in
 * `steering.json`, which the server half follows for new kernels and terminals. Steering that is on
 * already takes in what has changed since. Where all lies in its place already, nothing is switched on.
 *
 * @throws BedrockImportError `STEERING_NO_ROOM`, `STEERING_UNWRITABLE`, `STEERING_UNREADABLE`,
 *   `STEERING_TOO_NEW`; nothing is switched on then
 */
export async function steer(place: SteeringPlace): Promise<SteeringFacts> {
  const { facts, current, next } = await planSteering(place);
  if (current === undefined && !facts.needed) {
    return facts;
  }
  await keep(place, next);
  return getSteering(place);
}

/**
 * Makes another folder the hub cache of new kernels and terminals; what else is steered stays.
 *
 * @throws as `steer`, and BedrockImportError `STEERING_OUTSIDE` (usage) for a folder that is neither
 *   under the JupyterLab root nor under the home folder
 */
export async function steerHubCache(place: SteeringPlace, folder: string): Promise<SteeringFacts> {
  requireSteerable(place, folder);
  const { current, next } = await planSteering(place);
  const set = { ...current?.set, HF_HUB_CACHE: folder };
  // Both would lead some tools away from it.
  const unset = new Set([...(current?.unset ?? [])]);
  unset.add('TRANSFORMERS_CACHE').add('HUGGINGFACE_HUB_CACHE');
  await keep(place, { set, unset: [...unset], before: next.before });
  return getSteering(place);
}

/** @throws BedrockImportError `STEERING_OUTSIDE` (usage) */
export function requireSteerable(place: SteeringPlace, folder: string): void {
  if (!isSteerable(folder, place)) {
    const { root, homeDirectory } = place.environment;
    throw new BedrockImportError({
      code: 'STEERING_OUTSIDE',
      message: `New kernels are only pointed to folders under ${[...new Set([root, homeDirectory])].join(' or ')}.`,
      subject: folder,
      nextStep: 'Choose a folder there, also one that is a link to another disk.',
      kind: 'usage'
    });
  }
}

/**
 * Switches steering off: new kernels and terminals have the variables again that the server was started
 * with. The folders and what is in them stay.
 *
 * @throws BedrockImportError `STEERING_UNWRITABLE`, `STEERING_NO_ROOM`
 */
export async function unsteer(place: SteeringPlace): Promise<SteeringFacts> {
  await removeSteering(place);
  applySteering(place.env ?? process.env, undefined, { ownWins: false });
  return getSteering(place);
}

/** Makes this process follow what is kept, such as after another process has changed it. */
export async function followSteering(
  place: SteeringPlace,
  options: { ownWins: boolean }
): Promise<void> {
  applySteering(place.env ?? process.env, await readSteering(place), options);
}

/**
 * Makes this process follow what is kept, as it starts. A file that cannot be followed is told by whoever
 * is asked about it, and stands in the way of nothing else.
 */
export async function steerThisProcess(options: { ownWins: boolean }): Promise<void> {
  try {
    await followSteering({ environment: await detectEnvironment() }, options);
  } catch {
    return;
  }
}

async function keep(place: SteeringPlace, state: SteeringState): Promise<void> {
  const { HF_TOKEN_PATH: _, ...folders } = state.set;
  for (const [name, folder] of Object.entries(folders)) {
    await prepare(folder, name === 'TMPDIR');
  }
  await writeSteering(place, state);
  await followSteering(place, { ownWins: false });
}

async function prepare(folder: string, isTemporary: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, ...(isTemporary ? { mode: 0o700 } : {}) });
    const facts = await stat(folder);
    // Files of others in a folder for temporary files are how a program is made to write elsewhere.
    if (isTemporary && (facts.mode & 0o077) !== 0) {
      await chmod(folder, 0o700);
    }
    await probe(join(folder, PROBE));
  } catch (error) {
    throw writeError(error, folder);
  }
}

async function probe(file: string): Promise<void> {
  await rm(file, { force: true });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      // Not zeros, which some file systems keep without room.
      await handle.writeFile(randomBytes(PROBE_BYTES));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}
