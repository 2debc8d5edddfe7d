import type { ChildProcess } from 'node:child_process';
import type { CommandRun, RunOptions } from './bundledCommand';
import type { Trial } from './trial';

/** A command that is at work, for tests that do something to it meanwhile. */
export interface RunningCommand {
  child: ChildProcess;
  ended: Promise<CommandRun>;
}

/** Starts a command and waits until its stderr says something. @throws Error when it ends before */
export function startUntil(
  trial: Trial,
  args: readonly string[],
  sign: RegExp,
  options: Partial<RunOptions> = {}
): Promise<RunningCommand> {
  return new Promise((resolve, reject) => {
    let said = '';
    const ended = trial.run(args, {
      ...options,
      onStderr: (text, child) => {
        said += text;
        if (sign.test(said)) {
          resolve({ child, ended });
        }
      }
    });
    ended.then(
      ran => reject(new Error(`It ended before it said ${String(sign)}:\n${ran.stderr}`)),
      reject
    );
  });
}
