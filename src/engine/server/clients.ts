import type { TextChannel } from '../../protocol';
import type { EngineLine, ServerLine } from './envelope';

/** One page: the end of its channel in the engine. */
class ClientChannel implements TextChannel {
  onText: ((text: string) => void) | undefined;
  onClose: (() => void) | undefined;
  private closed = false;

  constructor(
    readonly client: string,
    private readonly write: (line: EngineLine) => Promise<void>
  ) {}

  async send(text: string): Promise<void> {
    if (this.closed) {
      throw new Error('The page is gone.');
    }
    await this.write({ type: 'frame', client: this.client, text });
  }

  close(): void {
    if (!this.closed) {
      this.closed = true;
      this.onClose?.();
    }
  }
}

/** The pages that are connected, each told apart by the id that the Jupyter server gave it. */
export class Clients {
  private readonly channels = new Map<string, ClientChannel>();

  constructor(
    private readonly write: (line: EngineLine) => Promise<void>,
    private readonly onOpen: (channel: TextChannel) => void
  ) {}

  take(line: ServerLine): void {
    const channel = this.channels.get(line.client);
    switch (line.type) {
      case 'open': {
        channel?.close();
        const opened = new ClientChannel(line.client, this.write);
        this.channels.set(line.client, opened);
        this.onOpen(opened);
        return;
      }
      case 'frame':
        channel?.onText?.(line.text);
        return;
      case 'close':
        this.channels.delete(line.client);
        channel?.close();
    }
  }

  closeAll(): void {
    this.channels.forEach(channel => channel.close());
    this.channels.clear();
  }
}
