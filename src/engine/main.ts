import process from 'node:process';
import { failCommand, runCommand } from './cli';
import { watchInterruption } from './cli/interruption';
import { processIo } from './cli/io';
import { watchStrayRejections } from './cli/strayRejections';
import { serveStdio } from './server';
import { steerThisProcess } from './steering';

export * from './index';

declare global {
  interface ImportMeta {
    /** True in the module that Deno was started with. */
    readonly main?: boolean;
  }
}

/** Not a subcommand for people: the Jupyter server starts it. */
const SERVE = 'serve';

if (import.meta.main && process.argv[2] === SERVE) {
  // Its environment is the server's, as it was before that was steered.
  await steerThisProcess({ ownWins: false });
  await serveStdio(process.argv.slice(3));
  // Idle connections must not keep it.
  process.exit(0);
} else if (import.meta.main) {
  await steerThisProcess({ ownWins: true });
  const io = processIo();
  const interruption = watchInterruption();
  const strays = watchStrayRejections();
  const call = { args: process.argv.slice(2), io, signal: interruption.signal };
  const exitCode = await Promise.race([
    runCommand(call),
    strays.then(thrown => failCommand({ ...call, thrown }))
  ]);
  // Idle connections must not keep a finished command waiting.
  process.exit(exitCode);
}
