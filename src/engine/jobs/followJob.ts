import { watch } from 'node:fs';
import { addEvent, noFacts, stateNow } from './jobFacts';
import { isFinal } from './jobTypes';
import type { JobEvent } from './jobTypes';
import { JournalReader } from './journal';
import type { LiveJob } from './liveJob';
import type { JobStore } from './store';

const POLL_MS = 500;

/** Follows a job in this process or in another one; see `JobStore.follow`. */
export async function* followJob(
  store: JobStore,
  id: string,
  options: { from?: number; signal?: AbortSignal; isStarting?: () => boolean }
): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = options;
  // A wrong id is an error of the follower, not an empty journal.
  await store.requireThere(id);
  const facts = noFacts();
  const seen = new SeenEvents(options.from ?? 1);
  const source = new EventSource(store, id, signal);
  const patienceMs = 2 * store.timing.heartbeatMs + POLL_MS;
  let aloneSince: number | undefined;
  try {
    while (signal?.aborted !== true) {
      for (const event of await source.next()) {
        if (event.seq > facts.lastSeq) {
          addEvent(facts, event);
        }
        if (seen.isNew(event)) {
          yield event;
        }
      }
      if (facts.state !== undefined && isFinal(facts.state)) {
        return;
      }
      const lease = await store.lookAt(id);
      aloneSince = lease.state === 'held' ? undefined : (aloneSince ?? Date.now());
      // Time for a runner that is just about to begin, or to take over.
      const isStarting = options.isStarting?.() ?? false;
      if (aloneSince !== undefined && facts.state === 'interrupted' && !isStarting) {
        return;
      }
      if (aloneSince !== undefined && Date.now() - aloneSince > patienceMs) {
        const at = new Date().toISOString();
        yield { seq: facts.lastSeq, at, type: 'state', state: stateNow(facts, lease) };
        return;
      }
      await source.wait(POLL_MS);
    }
  } finally {
    source.close();
  }
}

/** Tells what was handed on already: the same event may be read and heard. */
class SeenEvents {
  private lastAt = '';
  private lastSeq: number;

  constructor(from: number) {
    this.lastSeq = from - 1;
  }

  isNew({ seq, at, type }: JobEvent): boolean {
    // Between two lines of the journal, progress comes with the number of the line before.
    const between =
      type === 'progress' && seq === this.lastSeq && this.lastAt !== '' && at > this.lastAt;
    if (seq <= this.lastSeq && !between) {
      return false;
    }
    this.lastSeq = seq;
    this.lastAt = at;
    return true;
  }
}

/** The events of a job: heard when it runs in this process, else read from its journal. */
class EventSource {
  private readonly reader: JournalReader;
  private readonly bell: Bell;
  private readonly stopWatching: () => void;
  private heard: JobEvent[] = [];
  private listensTo: LiveJob | undefined;
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly store: JobStore,
    private readonly id: string,
    signal: AbortSignal | undefined
  ) {
    this.reader = new JournalReader(store.journalOf(id));
    this.bell = new Bell(signal);
    this.stopWatching = store.isInMemory(id)
      ? () => undefined
      : watchFolder(store.folderOf(id), this.bell);
  }

  async next(): Promise<JobEvent[]> {
    const live = this.store.liveJob(this.id);
    const events: JobEvent[] = [];
    if (live === undefined || live !== this.listensTo) {
      this.stopListening();
      // Listening begins before the journal is read, so that nothing falls between the two.
      this.stopListening =
        live?.listen(event => {
          this.heard.push(event);
          this.bell.ring();
        }) ?? (() => undefined);
      this.listensTo = live;
      // What is on its way to the disk now may be there only after the look.
      const unwritten = live?.unwritten ?? [];
      const written = this.store.isInMemory(this.id)
        ? await this.store.events(this.id)
        : await this.reader.read();
      events.push(...written, ...unwritten);
    }
    events.push(...this.heard);
    this.heard = [];
    return events;
  }

  wait(ms: number): Promise<void> {
    return this.bell.wait(ms);
  }

  close(): void {
    this.stopListening();
    this.stopWatching();
    this.bell.close();
  }
}

/** Ends a wait early. */
class Bell {
  private rung = false;
  private wake: (() => void) | undefined;
  private readonly onAbort = (): void => this.ring();

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', this.onAbort, { once: true });
  }

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.rung = false;
    this.wake = undefined;
  }

  close(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
  }
}

/** Only an accelerator: on network file systems nothing is seen, and polling alone finds the news. */
function watchFolder(folder: string, bell: Bell): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, () => bell.ring());
    watcher.on('error', () => undefined);
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
