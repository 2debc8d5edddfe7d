import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';

import { isMissing } from '../disk';
import { BedrockImportError } from '../errors';
import { SETTABLE_VARIABLES, STEERING_VARIABLES, UNSETTABLE_VARIABLES } from './types';
import type { SteeringPlace, SteeringState } from './types';
import { writeError } from './writeError';

const FILE_NAME = 'steering.json';
const FILE_VERSION = 1;
/** The server half reads no more (`jupyterlab_bedrock_import/steering.py`, which knows the same rules). */
const MAX_FILE_BYTES = 64 * 1024;

export function steeringFile({ environment }: SteeringPlace): string {
  return join(environment.stateDirectory, FILE_NAME);
}

/**
 * What is steered; `undefined` when nothing is.
 *
 * @throws BedrockImportError `STEERING_UNREADABLE`, `STEERING_TOO_NEW` (blocked)
 */
export async function readSteering(place: SteeringPlace): Promise<SteeringState | undefined> {
  const file = steeringFile(place);
  let text: string;
  try {
    const { size } = await lstat(file);
    if (size > MAX_FILE_BYTES) {
      throw new Error('It is longer than anything that this product writes.');
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw unreadable(file, error instanceof Error ? error.message : String(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(file, 'It is not JSON.');
  }
  const state = parseState(value, file, folders(place));
  const login = state.set.HF_TOKEN_PATH;
  if (login !== undefined && (await stat(login).catch(() => undefined)) === undefined) {
    // Where the machine has forgotten the old login, a new one is to last.
    delete state.set.HF_TOKEN_PATH;
  }
  return state;
}

/** Whole or not at all, so that who reads it meanwhile sees the one before or this one. */
export async function writeSteering(place: SteeringPlace, state: SteeringState): Promise<void> {
  const file = steeringFile(place);
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const content = { version: FILE_VERSION, changedAt: new Date().toISOString(), ...state };
  // The same rules as for reading: what is written here must count there.
  parseState(content, file, folders(place));
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, file);
  }
}

export async function removeSteering(place: SteeringPlace): Promise<void> {
  const file = steeringFile(place);
  try {
    await rm(file, { force: true });
  } catch (error) {
    throw writeError(error, file);
  }
}

/** Under which a steered path has to lie: the server half believes the file in nothing else. */
export function folders({ environment }: SteeringPlace): string[] {
  return [environment.root, environment.homeDirectory];
}

export function isSteerable(path: string, place: SteeringPlace): boolean {
  return isAllowed(path, folders(place));
}

function isAllowed(path: unknown, allowed: readonly string[]): path is string {
  return (
    typeof path === 'string' &&
    isAbsolute(path) &&
    normalize(path) === path &&
    !path.endsWith('/') &&
    // No environment can hold the first of them, and no shell should have to hold the others.
    !/[\0-\x1f]/.test(path) &&
    allowed.some(folder => path.startsWith(folder.endsWith('/') ? folder : `${folder}/`))
  );
}

function parseState(value: unknown, file: string, allowed: readonly string[]): SteeringState {
  const { version, set, unset, before } = asObject(value, file);
  if (typeof version === 'number' && version > FILE_VERSION) {
    throw new BedrockImportError({
      code: 'STEERING_TOO_NEW',
      message:
        'A newer release of jupyterlab-bedrock-import has steered caches and temporary files.',
      subject: file,
      nextStep: 'Update jupyterlab-bedrock-import, or delete the file to end the steering.',
      kind: 'blocked'
    });
  }
  if (version !== FILE_VERSION || !Array.isArray(unset)) {
    throw unreadable(file, 'It does not say what is to be set.');
  }
  const state: SteeringState = { set: {}, unset: [], before: {} };
  for (const [name, path] of Object.entries(asObject(set, file))) {
    const known = SETTABLE_VARIABLES.find(variable => variable === name);
    if (known === undefined) {
      throw unreadable(
        file,
        `It sets ${JSON.stringify(name.slice(0, 100))}, which is not steered.`
      );
    }
    if (!isAllowed(path, allowed)) {
      throw unreadable(file, `Its ${name} is not a path under ${allowed.join(' or ')}.`);
    }
    state.set[known] = path;
  }
  for (const name of unset as unknown[]) {
    const known = UNSETTABLE_VARIABLES.find(variable => variable === name);
    if (known === undefined) {
      throw unreadable(file, 'It takes away a variable that is not steered.');
    }
    state.unset.push(known);
  }
  for (const [name, earlier] of Object.entries(asObject(before ?? {}, file))) {
    const known = STEERING_VARIABLES.find(variable => variable === name);
    if (known !== undefined && (earlier === null || typeof earlier === 'string')) {
      state.before[known] = earlier;
    }
  }
  return state;
}

function asObject(value: unknown, file: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unreadable(file, 'It does not say what is to be set.');
  }
  return value as Record<string, unknown>;
}

function unreadable(file: string, why: string): BedrockImportError {
  return new BedrockImportError({
    code: 'STEERING_UNREADABLE',
    message: `The file that steers caches and temporary files cannot be followed: ${why}`,
    subject: file,
    nextStep: 'Delete the file, which ends the steering, and steer again.',
    kind: 'blocked'
  });
}
