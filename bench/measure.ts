import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CACHE, PROGRAMS } from './install';

/** What a way of copying runs. */
export interface Commands {
  commands: ReadonlyArray<readonly string[]>;
  /** How many of them at a time. @default 1 */
  parallel?: number;
  /** For the standard input of the only command. */
  input?: string;
  /** Ends a program that waits for its input after so long, as if it were done. */
  endAfterSeconds?: number;
}

/** Of all processes together, those that the programs started included. */
export interface Measured {
  seconds: number;
  userSeconds: number;
  systemSeconds: number;
  /**
   * Peak of what all processes have written to memory, and of the files that each different program
   * has in it; sampled every 50 ms.
   */
  peakBytes: number;
  code: number;
}

const LOG = join(CACHE, 'program.log');
const running = new Set<ChildProcess>();

/** @throws Error when the measuring itself fails; a program that fails only has another code. */
export async function measure(
  python: string,
  work: Commands,
  options: { env: Record<string, string>; timeoutSeconds: number; cwd: string }
): Promise<Measured> {
  await writeFile(LOG, '');
  const child = spawn(python, [join(PROGRAMS, 'run_tree.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: options.env,
    cwd: options.cwd,
    // Out of the terminal's group: Ctrl-C reaches the harness, which ends everything in order.
    detached: true
  });
  running.add(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(
    JSON.stringify({
      commands: work.commands,
      parallel: work.parallel ?? 1,
      input: work.input ?? null,
      endAfterSeconds: work.endAfterSeconds ?? null,
      timeoutSeconds: options.timeoutSeconds,
      log: LOG
    })
  );
  const code = await new Promise(resolve => child.once('close', resolve));
  running.delete(child);
  if (code !== 0) {
    throw new Error(`The measuring program ended with ${String(code)}.`);
  }
  return JSON.parse(text) as Measured;
}

/** The last lines of what the measured programs printed. */
export async function lastOutput(): Promise<string> {
  const text = await readFile(LOG, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-8).join('\n').slice(-1200);
}

export const fullOutput = () => readFile(LOG, 'utf8');

/** Ends what is being measured, with everything that it started. */
export function stopMeasuring(): void {
  running.forEach(child => child.kill('SIGTERM'));
}
