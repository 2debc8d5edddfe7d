import process from 'node:process';

import { toFailure } from './failures';
import { runServer } from './runServer';

/**
 * `bedrock-import serve`, which the Jupyter server starts: pages are served over standard input and
 * output. `--resume` goes on with jobs that were interrupted.
 */
export async function serveStdio(args: readonly string[]): Promise<void> {
  const log = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  // What one page has set off must not end the jobs of all.
  process.on('unhandledRejection', reason => {
    if (!(reason instanceof Error && reason.name === 'AbortError')) {
      log(toFailure(reason).message);
    }
  });
  await runServer({
    input: process.stdin,
    output: process.stdout,
    log,
    resume: args.includes('--resume')
  });
}
