import { Clients } from './clients';
import { readServerLine } from './envelope';
import type { EngineLine } from './envelope';
import { EngineHost } from './host';
import type { EngineHostOptions } from './host';
import { readLines } from './lines';
import { servePage } from './servePage';

export interface RunServerOptions {
  /** Lines of the Jupyter server. */
  input: AsyncIterable<Uint8Array>;
  output: Pick<NodeJS.WritableStream, 'write' | 'once'>;
  /** One line for the log; never a frame's content. */
  log: (message: string) => void;
  /** Go on with all jobs that were interrupted: the engine before this one broke down. */
  resume?: boolean;
  createContext?: EngineHostOptions['createContext'];
}

/**
 * Serves any number of pages over the lines of one Jupyter server, until `input` ends, as it does when
 * that server ends, however it ended. Jobs that run then are interrupted; the next engine goes on with
 * those that pages have set going.
 */
export async function runServer(options: RunServerOptions): Promise<void> {
  const { input, output, log } = options;
  const write = async (line: EngineLine): Promise<void> => {
    if (!output.write(`${JSON.stringify(line)}\n`)) {
      await new Promise<void>(resolve => output.once('drain', resolve));
    }
  };
  const host = new EngineHost({
    createContext: options.createContext,
    onAwake: jobs => void write({ type: 'awake', jobs }),
    onBusy: busy => void write({ type: 'busy', busy }),
    onSteering: () => void write({ type: 'steering' })
  });
  const clients = new Clients(write, channel => servePage(channel, host, log));
  void goOn(host, log, options.resume === true);
  try {
    for await (const text of readLines(input, () => log('A line that is too long was dropped.'))) {
      const line = readServerLine(text);
      if (line === undefined) {
        log('A line of the server was not understood.');
      } else {
        clients.take(line);
      }
    }
  } finally {
    clients.closeAll();
    await host.close();
  }
}

async function goOn(host: EngineHost, log: (message: string) => void, all: boolean): Promise<void> {
  try {
    await host.resume({ all });
  } catch {
    // Pages say why when they ask for the jobs.
    log('Interrupted jobs could not be looked for.');
  }
}
