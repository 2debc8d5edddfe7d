import { addEvent, foldEvents } from './jobFacts';
import type { JobFacts } from './jobFacts';
import type { StoredJob } from './jobFile';
import type { JobEvent, JobEventBody } from './jobTypes';
import { JournalWriter } from './journal';
import type { Lease } from './lease';
import type { JobRequest } from './requests';

/** Progress goes to the journal this often at most, and at each change of the phase. */
const PROGRESS_EVERY_MS = 2000;

type Listener = (event: JobEvent) => void;

/** A job that this process holds: the only writer of its journal, and where its events come from. */
export class LiveJob {
  private readonly listeners = new Set<Listener>();
  private journalledAt = 0;
  private journalledPhase: string | undefined;
  private warned = false;
  /** Set by whoever works on the job: stops the work from within this process. */
  stop: ((request: JobRequest) => void) | undefined;

  private constructor(
    readonly stored: StoredJob,
    readonly facts: JobFacts,
    private readonly writer: JournalWriter,
    private readonly lease: Lease | undefined
  ) {}

  /**
   * @param journal - without it, all is kept in memory.
   * @param earlier - events of such a job so far.
   */
  static async open(options: {
    stored: StoredJob;
    journal?: string;
    lease?: Lease;
    earlier?: readonly JobEvent[];
  }): Promise<LiveJob> {
    const opened: { live?: LiveJob } = {};
    const { writer, events } = await JournalWriter.open(options.journal, reason => {
      opened.live?.warnOnce(
        `The journal of this job cannot be written: ${reason}. The job goes on.`
      );
    });
    const facts = foldEvents(options.earlier ?? events);
    opened.live = new LiveJob(options.stored, facts, writer, options.lease);
    return opened.live;
  }

  /** Events that the journal does not hold (yet). */
  get unwritten(): readonly JobEvent[] {
    return this.writer.pending;
  }

  /** Whether the job may still be worked on; asks the disk whether another process has it. */
  async stillOurs(): Promise<boolean> {
    return this.lease === undefined || (await this.lease.verify());
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(body: JobEventBody): JobEvent {
    const journalled = body.type !== 'progress' || this.isDue(body.progress.phase);
    const event: JobEvent = {
      seq: this.facts.lastSeq + (journalled ? 1 : 0),
      at: new Date().toISOString(),
      ...body
    };
    const kept = withoutFiles(event);
    addEvent(this.facts, kept);
    // Another process may write this journal by now.
    if (journalled && this.lease?.held !== false) {
      this.writer.append(kept, isDurable(body));
    }
    for (const listener of [...this.listeners]) {
      listener(event);
    }
    return event;
  }

  /** Resolves when the event is on the disk, or cannot be. */
  async record(body: JobEventBody): Promise<void> {
    this.emit(body);
    await this.writer.flush();
  }

  warnOnce(message: string): void {
    if (!this.warned) {
      this.warned = true;
      this.emit({ type: 'warning', message });
    }
  }

  async close(): Promise<void> {
    await this.writer.close({ discard: this.lease?.held === false });
    await this.lease?.release();
  }

  private isDue(phase: string): boolean {
    const now = Date.now();
    if (phase === this.journalledPhase && now - this.journalledAt < PROGRESS_EVERY_MS) {
      return false;
    }
    this.journalledAt = now;
    this.journalledPhase = phase;
    return true;
  }
}

/** What a journal holds of it: where each file stands now is of no use later. */
function withoutFiles(event: JobEvent): JobEvent {
  if (event.type !== 'progress') {
    return event;
  }
  const { files: _, ...progress } = event.progress;
  return { ...event, progress };
}

/** What a later run relies on, as opposed to what only people look at. */
function isDurable(body: JobEventBody): boolean {
  switch (body.type) {
    case 'progress':
    case 'retry':
    case 'connections':
    case 'wait':
      return false;
    case 'file':
      return body.state === 'proved';
    default:
      return true;
  }
}
