import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter
} from 'vscode-jsonrpc';

/** A way for texts between a page and the engine that keeps their order. */
export interface TextChannel {
  /** @throws when the channel is closed */
  send(text: string): Promise<void>;
  /** Set before the first text comes. */
  onText: ((text: string) => void) | undefined;
  onClose: (() => void) | undefined;
}

class ChannelReader extends AbstractMessageReader implements MessageReader {
  constructor(private readonly channel: TextChannel) {
    super();
    channel.onClose = () => this.fireClose();
  }

  listen(callback: DataCallback): Disposable {
    const { channel } = this;
    channel.onText = text => {
      let message: unknown;
      try {
        message = JSON.parse(text);
      } catch {
        this.fireError(new Error('A frame that is not JSON was passed over.'));
        return;
      }
      if (typeof message !== 'object' || message === null || Array.isArray(message)) {
        this.fireError(new Error('A frame that is not a JSON-RPC message was passed over.'));
        return;
      }
      callback(message as Message);
    };
    return {
      dispose: () => {
        channel.onText = undefined;
      }
    };
  }
}

class ChannelWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly channel: TextChannel) {
    super();
  }

  async write(message: Message): Promise<void> {
    try {
      await this.channel.send(JSON.stringify(message));
    } catch (error) {
      this.fireError(error, message, 1);
      throw error;
    }
  }

  end(): void {
    // The channel is closed by whoever opened it.
  }
}

/**
 * JSON-RPC over a channel; the caller registers its handlers and then calls `listen`. Import
 * `vscode-jsonrpc/node` or `vscode-jsonrpc/browser` somewhere before: they bring what the platform has.
 */
export function openConnection(
  channel: TextChannel,
  log: (message: string) => void = () => undefined
): MessageConnection {
  return createMessageConnection(new ChannelReader(channel), new ChannelWriter(channel), {
    error: log,
    warn: log,
    info: () => undefined,
    log: () => undefined
  });
}
