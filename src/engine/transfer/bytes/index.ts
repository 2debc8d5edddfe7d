import { createFetchPipe } from './fetchPipe';
import type { BytePipe } from './types';

export { ProtocolError, ShortBodyError, StalledError } from './errors';
export type {
  AnswerHead,
  BytePipe,
  MoveOptions,
  OnChunk,
  PipeAnswer,
  PipeRequest,
  PutRequest,
  ReadRequest
} from './types';

export interface BytePipeOptions {
  /** Most requests that run at a time. */
  connections: number;
  /** Where the proxies are read from. @default the process's */
  env?: Readonly<Record<string, string | undefined>>;
}

/** The pipe of this runtime. */
export function createBytePipe(options: BytePipeOptions): BytePipe {
  return createFetchPipe(options.connections);
}
