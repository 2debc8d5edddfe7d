import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { steeringCell } from './cell';
import { folderOf, lastingFolders, tokenFile } from './folders';
import { lifecycleScript } from './lifecycleScript';
import { steeringNotes } from './notes';
import { steered, unsteered } from './processEnvironment';
import { isSteerable, readSteering, steeringFile } from './steeringFile';
import { STEERING_VARIABLES } from './types';
import type {
  SteeredVariable,
  SteeringFacts,
  SteeringPlace,
  SteeringState,
  SteeringVariable,
  Variables
} from './types';

/** The user that JupyterLab runs as on Notebook Instances. */
const INSTANCE_USER = 'ec2-user';

/** What is so, and what switching on would change. */
export interface SteeringPlan {
  facts: SteeringFacts;
  /** What is steered now. */
  current: SteeringState | undefined;
  /** What it is when it is on. */
  next: SteeringState;
}

/**
 * Where tools write their caches and temporary files now, and what steering would change; it changes
 * nothing. Only what does not lie on the disk of the JupyterLab root is steered.
 *
 * @throws BedrockImportError `STEERING_UNREADABLE`, `STEERING_TOO_NEW`
 */
export async function getSteering(place: SteeringPlace): Promise<SteeringFacts> {
  return (await planSteering(place)).facts;
}

export async function planSteering(place: SteeringPlace): Promise<SteeringPlan> {
  const { environment } = place;
  const original = unsteered(place.env ?? process.env);
  const current = await readSteering(place);
  const now = steered(original, current);
  const lasts = await lastingFolders(place);
  const next = await nextState(place, { original, now, current, lasts });
  const then = steered(original, next);
  const shown = STEERING_VARIABLES.filter(
    name => isAlwaysShown(name) || now[name] !== undefined || then[name] !== undefined
  );
  const variables = await Promise.all(
    shown.map(async (name): Promise<SteeredVariable> => {
      const folderNow = folderOf(name, now, place);
      const change = now[name] === then[name] ? 'none' : then[name] === undefined ? 'unset' : 'set';
      return {
        name,
        ...(now[name] === undefined ? {} : { now: now[name] }),
        folderNow,
        ...(then[name] === undefined ? {} : { steered: then[name] }),
        lasts: await lasts(folderNow),
        change
      };
    })
  );
  const login = tokenFile(now, environment.homeDirectory);
  return {
    current,
    next,
    facts: {
      on: current !== undefined,
      needed: variables.some(({ change }) => change !== 'none'),
      notes: steeringNotes({
        place,
        variables,
        on: current !== undefined,
        login: (await isFile(login)) ? { file: login, lasts: await lasts(login) } : undefined
      }),
      root: environment.root,
      variables,
      cell: steeringCell(then),
      ...(environment.host === 'notebook-instance'
        ? { lifecycleScript: lifecycleScript(next, INSTANCE_USER) }
        : {}),
      file: steeringFile(place)
    }
  };
}

interface Surroundings {
  original: Variables;
  now: Variables;
  current: SteeringState | undefined;
  lasts: (folder: string) => Promise<boolean>;
}

/** What is steered already stays, as long as it lasts. */
async function nextState(place: SteeringPlace, around: Surroundings): Promise<SteeringState> {
  const { root, homeDirectory } = place.environment;
  const { original, now, current, lasts } = around;
  const moves = async (name: SteeringVariable): Promise<boolean> =>
    !(await lasts(folderOf(name, now, place)));
  const set: SteeringState['set'] = { ...current?.set };
  const unset = new Set(current?.unset);
  const own = join(root, '.cache', 'huggingface');
  if (await moves('HF_HOME')) {
    set.HF_HOME = own;
    const login = tokenFile(now, homeDirectory);
    if (!now.HF_TOKEN_PATH && isSteerable(login, place) && (await isFile(login))) {
      set.HF_TOKEN_PATH = login;
    }
  }
  const hubHome = set.HF_HOME ?? folderOf('HF_HOME', now, place);
  const base = isSteerable(hubHome, place) ? hubHome : own;
  for (const [name, folder] of [
    ['HF_HUB_CACHE', 'hub'],
    ['HF_XET_CACHE', 'xet'],
    ['HF_ASSETS_CACHE', 'assets']
  ] as const) {
    if (await moves(name)) {
      set[name] = join(base, folder);
    }
  }
  if (await moves('TMPDIR')) {
    set.TMPDIR = join(root, '.tmp');
  }
  if (now.TRANSFORMERS_CACHE && (set.HF_HUB_CACHE || (await moves('TRANSFORMERS_CACHE')))) {
    unset.add('TRANSFORMERS_CACHE');
  }
  if (now.HUGGINGFACE_HUB_CACHE && set.HF_HUB_CACHE) {
    unset.add('HUGGINGFACE_HUB_CACHE');
  }
  const before = Object.fromEntries(STEERING_VARIABLES.map(name => [name, original[name] ?? null]));
  return { set, unset: [...unset], before: { ...before, ...current?.before } };
}

/** The others only where they are set or will be. */
function isAlwaysShown(name: SteeringVariable): boolean {
  return ['HF_HOME', 'HF_HUB_CACHE', 'HF_XET_CACHE', 'HF_ASSETS_CACHE', 'TMPDIR'].includes(name);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    facts => facts.isFile(),
    () => false
  );
}
