import type { Address } from './address';
import type { Dial } from './connection';
import { Link } from './link';

/** Servers and the devices between give up connections that are quiet for long, some without a word. */
const LONGEST_IDLE_MS = 30_000;

/** Connections that wait for their next request, by origin. */
export class LinkPool {
  private readonly idle = new Map<string, Link[]>();
  private readonly ended = new AbortController();

  /** @param limit - Most connections kept for one origin. */
  constructor(
    private readonly dial: Dial,
    private readonly limit: number
  ) {}

  /** The connection used last, or a new one. */
  async take(address: Address, signal: AbortSignal, fresh = false): Promise<Link> {
    const waiting = this.idle.get(address.origin) ?? [];
    for (let link = fresh ? undefined : waiting.pop(); link !== undefined; link = waiting.pop()) {
      if (performance.now() - link.idleSinceMs < LONGEST_IDLE_MS) {
        return link;
      }
      link.close();
    }
    const stop = AbortSignal.any([signal, this.ended.signal]);
    return new Link(address, await this.dial(address, stop));
  }

  give(link: Link): void {
    const { origin } = link.address;
    const waiting = this.idle.get(origin) ?? [];
    if (this.ended.signal.aborted || waiting.length >= this.limit) {
      link.close();
      return;
    }
    this.idle.set(origin, waiting);
    waiting.push(link);
    link.reused = true;
    link.idleSinceMs = performance.now();
    void link.listen().then(() => {
      // A server that says anything now ends the connection, one way or the other.
      const index = waiting.indexOf(link);
      if (index >= 0) {
        waiting.splice(index, 1);
        link.close();
      }
    });
  }

  close(): void {
    this.ended.abort(new Error('the pipe was closed'));
    this.idle.forEach(links => links.splice(0).forEach(link => link.close()));
  }
}
