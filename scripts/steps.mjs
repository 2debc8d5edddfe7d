/** Steps of the set-up: quiet while they work, and with everything they said when they fail. */
import process from 'node:process';

import { duration, run } from './processes.mjs';

/** A failure whose message says all; no stack trace is shown. */
export class SetupError extends Error {}

export function say(text) {
  process.stderr.write(`[set-up] ${text}\n`);
}

/** Runs a program as a step. Throws SetupError. */
export async function step(title, command, options = {}) {
  const started = performance.now();
  say(`${title} …`);
  const result = await run(command, { output: 'keep', ...options });
  if (result.code !== 0) {
    process.stderr.write(result.text);
    throw new SetupError(options.explain?.(result.text) ?? `${title} failed.`);
  }
  say(`${title}: done in ${duration(performance.now() - started)}`);
}

/** Ends the process with one clear line when the work fails. */
export async function orExit(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }
    say(error.message);
    process.exit(1);
  }
}
