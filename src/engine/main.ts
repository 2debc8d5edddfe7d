import process from 'node:process';
import { runCommand } from './cli';
import { watchInterruption } from './cli/interruption';
import { processIo } from './cli/io';

export * from './index';

declare global {
  interface ImportMeta {
    /** True in the module that Deno was started with. */
    readonly main?: boolean;
  }
}

if (import.meta.main) {
  const io = processIo();
  const interruption = watchInterruption(text => io.stderr.write(`\n${text}\n`));
  const exitCode = await runCommand({
    args: process.argv.slice(2),
    io,
    signal: interruption.signal
  });
  // Idle connections must not keep a finished command waiting.
  process.exit(exitCode);
}
