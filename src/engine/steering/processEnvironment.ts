import { STEERING_VARIABLES } from './types';
import type { SteeringState, SteeringVariable, Variables } from './types';

type Env = Record<string, string | undefined>;

/** What an environment was before it was steered; most processes have one. */
const originals = new WeakMap<Env, Variables>();

/** The environment as it would be without steering. */
export function unsteered(env: Env): Env {
  return { ...env, ...originals.get(env) };
}

/** What was there where steering was switched on, also for a terminal that began steered. */
export function originalEnvironment(env: Env, state: SteeringState | undefined): Env {
  const result = unsteered(env);
  for (const [name, value] of Object.entries(state?.before ?? {})) {
    put(result, name, value ?? undefined);
  }
  return result;
}

/** An environment with what is steered; a copy. */
export function steered(env: Variables, state: SteeringState | undefined): Env {
  const result: Env = { ...env, ...state?.set };
  state?.unset.forEach(name => delete result[name]);
  return result;
}

/**
 * Makes an environment so, or as it was before when nothing is steered.
 *
 * @param ownWins - What the user has set in a terminal stays; a terminal that is only older than the
 *   steering is told from it by what was there before. The server's environment has no such user.
 */
export function applySteering(
  env: Env,
  state: SteeringState | undefined,
  { ownWins }: { ownWins: boolean }
): void {
  const before = unsteered(env);
  originals.set(env, pick(before));
  const wanted = steered(before, state);
  for (const name of STEERING_VARIABLES) {
    const own = ownWins && state !== undefined && isOwn(name, before[name], wanted[name], state);
    put(env, name, own ? before[name] : wanted[name]);
  }
}

function isOwn(
  name: SteeringVariable,
  value: string | undefined,
  wanted: string | undefined,
  { before }: SteeringState
): boolean {
  return value !== undefined && value !== wanted && value !== before[name];
}

function pick(env: Variables): Variables {
  return Object.fromEntries(STEERING_VARIABLES.map(name => [name, env[name]]));
}

function put(env: Env, name: string, value: string | undefined): void {
  if (value === undefined) {
    // An assigned undefined would become the text "undefined" in a real environment.
    delete env[name];
  } else {
    env[name] = value;
  }
}
