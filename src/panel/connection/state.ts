import type { Failure } from '../../protocol';

/** How a page stands with the engine. */
export type EngineState =
  /** Nobody has needed it yet: nothing was sent. */
  | { status: 'idle' }
  | { status: 'connecting' }
  | { status: 'ready'; engineVersion: string }
  /** The Jupyter server does not know this extension: it was installed after the server had started. */
  | { status: 'absent' }
  /** The page's code is older or newer than the engine. */
  | { status: 'reload' }
  /** `retryAt` is a time in ms since the epoch at which it is tried again by itself. */
  | { status: 'unavailable'; failure: Failure; retryAt?: number };
