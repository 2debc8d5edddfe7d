import 'vscode-jsonrpc/node';

import type { MessageConnection } from 'vscode-jsonrpc';

import { hello, openConnection, PROTOCOL_VERSION } from '../../../protocol';
import type { TextChannel } from '../../../protocol';

/** The other end of an engine's lines, as the Jupyter server has it. */
export interface EngineEnd {
  /** A line for the engine, without its end. */
  send(line: string): void;
  onLine: (listener: (line: string) => void) => () => void;
}

let clients = 0;

export interface TestPage {
  connection: MessageConnection;
  client: string;
  /** Sends a frame as it is. */
  raw(text: string): void;
  leave(): void;
}

/** A page that has said hello, unless `greet` is false. */
export async function openPage(
  engine: EngineEnd,
  options: { greet?: boolean } = {}
): Promise<TestPage> {
  const client = `page-${++clients}`;
  const raw = (text: string): void => engine.send(JSON.stringify({ type: 'frame', client, text }));
  const channel: TextChannel = {
    send: async text => raw(text),
    onText: undefined,
    onClose: undefined
  };
  const stop = engine.onLine(text => {
    const line = JSON.parse(text) as { type: string; client?: string; text?: string };
    if (line.type === 'frame' && line.client === client) {
      channel.onText?.(line.text ?? '');
    }
  });
  engine.send(JSON.stringify({ type: 'open', client }));
  const connection = openConnection(channel);
  connection.listen();
  if (options.greet !== false) {
    await connection.sendRequest(hello, { protocolVersion: PROTOCOL_VERSION });
  }
  return {
    connection,
    client,
    raw,
    leave: () => {
      engine.send(JSON.stringify({ type: 'close', client }));
      stop();
      connection.dispose();
    }
  };
}
