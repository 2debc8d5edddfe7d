import process from 'node:process';
import { ExitCode } from './exitCodes';

export interface Interruption {
  readonly signal: AbortSignal;
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first Ctrl-C asks for a clean stop, the second one ends the process at once. */
export function watchInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      process.exit(ExitCode.cancelled);
    }
    controller.abort();
  };
  const watched = SIGNALS.filter(name => listen(name, onSignal));
  return {
    signal: controller.signal,
    dispose: () => watched.forEach(name => process.off(name, onSignal))
  };
}

function listen(name: (typeof SIGNALS)[number], listener: () => void): boolean {
  try {
    process.on(name, listener);
    return true;
  } catch {
    // Not every platform knows every signal.
    return false;
  }
}
