/** `Deno.jupyter`, as Deno's own kernel has it, so that notebooks run on both; and a little more. */
import { readFileSync } from 'node:fs';

import { currentCell, currentCellId } from '../session/currentCell';
import type { HostCalls } from '../session/hostCalls';
import type { Frame } from '../wire';
import { DISPLAY, mimeBundleOf } from './mimeBundle';
import type { Displayed, MimeBundle } from './mimeBundle';

interface DisplayOptions {
  /** The object is a MIME bundle itself. */
  raw?: boolean;
  update?: boolean;
  display_id?: string;
}

interface BroadcastOptions {
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

export interface JupyterApiParts {
  send: (frame: Frame) => void;
  host: HostCalls;
}

const NEVER = new AbortController().signal;

export function createJupyterApi({ send, host }: JupyterApiParts): object {
  function broadcast(
    messageType: string,
    content: Record<string, unknown>,
    { metadata = {}, buffers = [] }: BroadcastOptions = {}
  ): Promise<void> {
    send({
      type: 'broadcast',
      cell: currentCellId(),
      messageType,
      content,
      metadata,
      buffers: buffers.map(bytes => Buffer.from(bytes).toString('base64'))
    });
    return Promise.resolve();
  }

  async function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
    const { raw = false, update = false, display_id: id } = options;
    const data = raw ? (value as MimeBundle) : await mimeBundleOf(value);
    await broadcast(update ? 'update_display_data' : 'display_data', {
      data,
      metadata: {},
      transient: id === undefined ? {} : { display_id: id }
    });
  }

  return {
    $display: DISPLAY,
    broadcast,
    display,
    format: mimeBundleOf,
    html: template('text/html'),
    md: template('text/markdown'),
    svg: template('image/svg+xml'),
    image,
    /** Aborts when the running cell is stopped. Not in Deno's own kernel. */
    get signal(): AbortSignal {
      return currentCell()?.stop.signal ?? NEVER;
    },
    /** Starts the sandbox, which ends with the kernel. Not in Deno's own kernel. */
    startSandbox: () => host.call('startSandbox') as Promise<Record<string, string>>
  };
}

function shown(data: MimeBundle): Displayed {
  return { [DISPLAY]: () => data };
}

function template(type: string) {
  return (strings: TemplateStringsArray, ...values: unknown[]): Displayed => {
    const text = strings.reduce(
      (all, piece, index) => `${all}${index === 0 ? '' : String(values[index - 1])}${piece}`,
      ''
    );
    return shown({ [type]: text, 'text/plain': text });
  };
}

/** PNG and JPEG by their first bytes; a path, or the bytes. */
function image(source: string | Uint8Array): Displayed {
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  const type =
    bytes[0] === 0x89 && bytes[1] === 0x50
      ? 'image/png'
      : bytes[0] === 0xff && bytes[1] === 0xd8
        ? 'image/jpeg'
        : undefined;
  if (type === undefined) {
    throw new TypeError('An image has to be PNG or JPEG.');
  }
  return shown({ [type]: Buffer.from(bytes).toString('base64') });
}
