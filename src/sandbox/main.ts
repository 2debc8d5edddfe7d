import process from 'node:process';

import { exportLines, OptionsExit, parseOptions, startServer } from './server';

/** However busy it is, the sandbox has ended this long after the signal. */
const CLOSE_BUDGET_MS = 700;

const log = (line: string) => {
  process.stderr.write(`${line}\n`);
};

/**
 * Deno warns once that `request.signal` aborts after an answer as well as when a client goes away.
 * What it stops here, a generation, has ended with its answer.
 */
function silenceSignalWarning(): void {
  const { warn } = console;
  console.warn = (...data: unknown[]) => {
    if (!String(data[0]).startsWith('Deno.serve: request.signal')) {
      warn(...data);
    }
  };
}

async function main(): Promise<void> {
  silenceSignalWarning();
  const options = parseOptions(process.argv.slice(2));
  const starting = startServer(options, process.env, log);
  let closing = false;
  const end = () => {
    if (closing) {
      return;
    }
    closing = true;
    setTimeout(() => process.exit(0), CLOSE_BUDGET_MS);
    void starting
      .then(sandbox => sandbox.close())
      .catch(() => undefined)
      .then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const running = await starting;
  if (options.stopWithStdin) {
    process.stdin.on('end', end).on('close', end).on('error', end).resume();
  }
  for (const note of running.notes) {
    log(note);
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ env: running.variables })}\n`
      : exportLines(running.variables)
  );
}

main().catch((error: unknown) => {
  if (error instanceof OptionsExit) {
    (error.code === 0 ? process.stdout : process.stderr).write(error.text);
    process.exit(error.code);
  }
  log(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
