/**
 * The process that runs the cells of a notebook. `jupyterlab_bedrock_import/kernel` starts it and is
 * the Jupyter kernel; see `wire.ts` for what the two say to each other.
 */
import { createRequire } from 'node:module';
import process from 'node:process';
import { Readable } from 'node:stream';

import { installStackTraces } from './cell/failure';
import { importMeta, resolveModule } from './cell/modules';
import type { OwnModules } from './cell/modules';
import { CellName } from './cell/rewrite';
import { CommandReader, READER_NAME, readCommands } from './commands';
import { NO_STDIN, deno, replaceInDeno } from './deno';
import { createJupyterApi } from './display/jupyterApi';
import { FrameWriter } from './frames';
import { currentCell, currentCellId } from './session/currentCell';
import { installDialogs } from './session/dialogs';
import { HostCalls } from './session/hostCalls';
import { Interrupted } from './session/interrupted';
import { Printing } from './session/printing';
import { CellSession } from './session/session';
import type { Command, Frame } from './wire';

/** Where Python says what this process needs to know; taken away before the first cell runs. */
const SETTINGS_VARIABLE = 'BEDROCK_IMPORT_KERNEL';

interface Settings {
  mark: string;
  modules: OwnModules;
}

/** How long to wait for that end before this process ends by itself. */
const EXIT_MS = 5_000;

type Load = (specifier: string, options?: ImportCallOptions) => Promise<unknown>;

async function main(): Promise<void> {
  const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '{}') as Settings;
  Reflect.deleteProperty(process.env, SETTINGS_VARIABLE);
  const frames = new FrameWriter(settings.mark);
  const send = (frame: Frame): void => frames.send(frame);
  const host = new HostCalls(send);
  const reader = new CommandReader(
    command => take(command),
    () => end(0)
  );
  const session = new CellSession(frames, cell => reader.begin(cell));

  function take(command: Command): void {
    switch (command.type) {
      case 'execute':
        void session.execute(command);
        return;
      case 'interrupt':
        return session.interrupt(command.id);
      case 'host':
        return host.take(command);
      case 'complete':
        return answer(command.id, session.complete(command.code, command.cursor));
      case 'inspect':
        return answer(command.id, session.inspect(command.code, command.cursor));
      case 'check':
        return answer(command.id, Promise.resolve(session.check(command.code)));
      case 'input':
        return;
    }
  }

  function answer(id: number, value: Promise<unknown>): void {
    void value
      .catch(() => undefined)
      .then(found => send({ type: 'answer', id, value: found ?? null }));
  }

  function end(code: number): never {
    session.close();
    return exit(code);
  }

  const exit = deno.exit.bind(deno);
  const exitByCell = (wanted: unknown = process.exitCode ?? 0): never => {
    // As POSIX has it; what is no number would break Deno off.
    const code = Number(wanted) & 255;
    send({ type: 'exit', cell: currentCellId(), code });
    // The other half ends this process. Deno would break off, as V8 may still be evaluating the cell.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_MS);
    return end(code);
  };
  replaceInDeno({
    stdin: NO_STDIN,
    exit: exitByCell,
    jupyter: createJupyterApi({ send, host })
  });
  process.exit = exitByCell;
  Object.assign(process, { reallyExit: exitByCell });

  Object.defineProperty(process, 'stdin', { get: () => Readable.from([]), configurable: true });

  await session.open();
  installStackTraces(session.sources);
  define(CellName.stops, reader.stops);
  define(CellName.stop, () => {
    // A loop may be in a function of another cell than the one that runs it.
    if (reader.isStopped(currentCellId())) {
      throw new Interrupted();
    }
  });
  const load: Load = (specifier, options) => {
    const url = resolveModule(specifier, settings.modules);
    return options === undefined ? import(url) : import(url, { with: options.with });
  };
  define(CellName.import, (specifier: unknown, options?: ImportCallOptions) =>
    // A rejection, as `import()` has it.
    Promise.resolve().then(() => load(String(specifier), options))
  );
  define('$$require', createRequire(import.meta.url));
  define(CellName.meta, importMeta(settings.modules));
  installDialogs(reader, send);
  globalThis.addEventListener('unhandledrejection', event => {
    event.preventDefault();
    session.stray(event.reason, currentCell());
  });
  globalThis.addEventListener('error', event => {
    event.preventDefault();
    session.stray(event.error, currentCell());
  });
  new Printing(frames).install();
  send({ type: 'ready', versions: { ...deno.version } });
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value });
}

if ((globalThis as { name?: unknown }).name === READER_NAME) {
  readCommands();
} else {
  await main();
}
