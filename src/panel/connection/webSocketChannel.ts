import type { TextChannel } from '../../protocol';

/** Where a WebSocket keeps this much unsent, the network stands still. */
const MAX_UNSENT_BYTES = 8 * 2 ** 20;

/** The page's end of the channel that the Jupyter server relays to the engine. */
export class WebSocketChannel implements TextChannel {
  onText: ((text: string) => void) | undefined;
  onClose: (() => void) | undefined;

  constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') {
        this.onText?.(data);
      }
    });
    socket.addEventListener('close', () => this.onClose?.());
  }

  async send(text: string): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) {
      throw new Error('The connection to the Jupyter server is closed.');
    }
    if (this.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      throw new Error('The connection to the Jupyter server stands still.');
    }
    this.socket.send(text);
  }
}
