/**
 * What the kernel's Python half and this process say to each other. Python writes one JSON object a
 * line to standard input. This process answers in frames on its standard output, between what cells
 * print there, so that the order of both is the order in which they were written.
 */
import type { MimeBundle } from './display/mimeBundle';

export type Command =
  | { type: 'execute'; id: number; count: number; code: string; silent: boolean }
  /** Stops the cell that runs. */
  | { type: 'interrupt'; id: number }
  /** Answers a `prompt` or `confirm`; null when it was dismissed. */
  | { type: 'input'; text: string | null }
  /** Answers a `host` frame. */
  | { type: 'host'; call: number; value?: unknown; error?: string }
  | { type: 'complete'; id: number; code: string; cursor: number }
  | { type: 'inspect'; id: number; code: string; cursor: number }
  | { type: 'check'; id: number; code: string };

/** A failure of a cell, as Jupyter shows it. */
export interface Failure {
  ename: string;
  evalue: string;
  traceback: string[];
}

/** `cell`: the id of the execution that it belongs to; 0 before the first one. */
export type Frame =
  | { type: 'ready'; versions: Record<string, string> }
  /** What is printed from here on belongs to this cell. */
  | { type: 'cell'; cell: number }
  /** The next section of standard error comes here. */
  | { type: 'stderr'; section: number }
  | { type: 'stream'; cell: number; name: 'stdout' | 'stderr'; text: string }
  | { type: 'result'; cell: number; data: MimeBundle; metadata: Record<string, unknown> }
  | {
      type: 'broadcast';
      cell: number;
      messageType: string;
      content: Record<string, unknown>;
      metadata: Record<string, unknown>;
      /** Base64. */
      buffers: string[];
    }
  | { type: 'done'; cell: number; failure?: Failure; interrupted?: boolean }
  | { type: 'input'; cell: number; prompt: string; password: boolean }
  /** Asks Python for something that only it can do. */
  | { type: 'host'; call: number; method: string }
  | { type: 'answer'; id: number; value: unknown }
  /** The process ends by the cell's own wish. */
  | { type: 'exit'; cell: number; code: number };
