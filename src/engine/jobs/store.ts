import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockImportError } from '../errors';
import { followJob } from './followJob';
import { notFound, runningElsewhere } from './jobErrors';
import { foldEvents } from './jobFacts';
import type { JobFacts } from './jobFacts';
import {
  isJobId,
  jobOf,
  parseStoredJob,
  requireRunnable,
  summaryOf,
  unreadableSummary
} from './jobFile';
import type { StoredJob } from './jobFile';
import type { Job, JobEvent, JobSummary } from './jobTypes';
import { JournalReader, readTail } from './journal';
import { Lease } from './lease';
import { LEASE_TIMING, lookAtLease } from './leaseFile';
import type { LeaseTiming, LeaseView } from './leaseFile';
import { LiveJob } from './liveJob';
import { ensureFolder, isMissing, readIfThere, reasonOf, writeWhole } from './ownFiles';

/** The end of a journal nearly always tells how its job stands. */
const TAIL_BYTES = 64 * 1024;
const NOBODY: LeaseView = { state: 'free' };

export interface JobStoreOptions {
  /** @default 2 s between signs of life, 20 s without one until a job counts as left alone */
  timing?: LeaseTiming;
}

/** A job of a process that cannot write the state folder; it ends with the process. */
interface MemoryJob {
  stored: StoredJob;
  events: JobEvent[];
}

/** The jobs of a state folder, whoever made them and whoever runs them. */
export class JobStore {
  private readonly live = new Map<string, LiveJob>();
  private readonly inMemory = new Map<string, MemoryJob>();

  private constructor(
    readonly stateDirectory: string,
    readonly timing: LeaseTiming,
    /** Why nothing can be kept here, in a few words; jobs then run all the same, in memory. */
    public problem: string | undefined
  ) {}

  /** Makes the folder when it is not there. A folder that cannot be written is no error. */
  static async open(stateDirectory: string, options: JobStoreOptions = {}): Promise<JobStore> {
    let problem: string | undefined;
    try {
      await ensureFolder(stateDirectory, { parents: true });
      await ensureFolder(join(stateDirectory, 'jobs'));
    } catch (error) {
      problem = reasonOf(error);
    }
    return new JobStore(stateDirectory, options.timing ?? LEASE_TIMING, problem);
  }

  /** All jobs, the one that changed last first; one that cannot be read is among them, and says so. */
  async list(): Promise<JobSummary[]> {
    const names = await readdir(this.jobsFolder).catch((error: unknown) => {
      if (isMissing(error)) {
        return [];
      }
      throw this.unreadable(error);
    });
    const kept = await Promise.all(
      names.filter(name => isJobId(name) && !this.inMemory.has(name)).map(id => this.summarise(id))
    );
    const passing = [...this.inMemory].map(([id, { stored, events }]) =>
      summaryOf(stored, this.live.get(id)?.facts ?? foldEvents(events), this.leaseInMemory(id))
    );
    return [...kept.filter(summary => summary !== undefined), ...passing].sort((a, b) =>
      b.updatedAt.localeCompare(a.updatedAt)
    );
  }

  /**
   * The id that a text stands for: an id, or the beginning of a single one.
   *
   * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_AMBIGUOUS` (usage)
   */
  async resolve(text: string): Promise<string> {
    const ids = (await this.list()).map(({ id }) => id);
    const found = ids.includes(text)
      ? [text]
      : ids.filter(id => text !== '' && id.startsWith(text));
    const [id] = found;
    if (id === undefined) {
      throw notFound(text);
    }
    if (found.length > 1) {
      throw new BedrockImportError({
        code: 'JOB_AMBIGUOUS',
        message: `${found.length} jobs begin like this: ${found.slice(0, 3).join(', ')}.`,
        subject: text,
        nextStep: 'Give more of the id.',
        kind: 'usage'
      });
    }
    return id;
  }

  /** @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_UNREADABLE` */
  async read(id: string): Promise<Job> {
    const { stored, facts } = await this.load(id);
    requireRunnable(stored);
    return jobOf(stored, facts, await this.lookAt(id));
  }

  /** A job as it is kept, and what its journal says. */
  async load(id: string): Promise<{ stored: StoredJob; facts: JobFacts }> {
    const passing = this.inMemory.get(id);
    const stored = passing?.stored ?? (await this.readStored(id));
    const live = this.live.get(id);
    if (live !== undefined) {
      return { stored, facts: live.facts };
    }
    const events = passing?.events ?? (await new JournalReader(this.journalOf(id)).read());
    return { stored, facts: foldEvents(events) };
  }

  /** What has happened so far, from an event's number on. @throws BedrockImportError `JOB_NOT_FOUND` */
  async events(id: string, options: { from?: number } = {}): Promise<JobEvent[]> {
    await this.requireThere(id);
    const passing = this.inMemory.get(id);
    // Before the journal is read: what is on its way to the disk now may be there only afterwards.
    const unwritten = passing === undefined ? (this.live.get(id)?.unwritten ?? []) : [];
    const written = passing?.events ?? (await new JournalReader(this.journalOf(id)).read());
    const last = written.at(-1)?.seq ?? 0;
    const all = [...written, ...unwritten.filter(({ seq }) => seq > last)];
    return all.filter(({ seq }) => seq >= (options.from ?? 1));
  }

  /**
   * What has happened and what happens, until the job comes to a rest (done, failed, cancelled, paused)
   * or is found left alone, which a last event of the state `interrupted` says. Ends without an error
   * when the signal aborts.
   *
   * @param options.isStarting - Says of an interrupted job that somebody is about to go on with it.
   * @throws BedrockImportError `JOB_NOT_FOUND`
   */
  follow(
    id: string,
    options: { from?: number; signal?: AbortSignal; isStarting?: () => boolean } = {}
  ): AsyncIterable<JobEvent> {
    return followJob(this, id, options);
  }

  /**
   * Deletes the folder of a job that nobody runs; its objects in S3 stay.
   *
   * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_RUNNING_ELSEWHERE`
   */
  async remove(id: string): Promise<void> {
    await this.requireThere(id);
    if (this.live.has(id)) {
      throw runningElsewhere(id, NOBODY);
    }
    if (this.inMemory.delete(id)) {
      return;
    }
    const acquired = await Lease.acquire(this.leaseOf(id), { holder: id, timing: this.timing });
    if ('heldBy' in acquired) {
      throw runningElsewhere(id, acquired.heldBy);
    }
    try {
      await rm(this.folderOf(id), { recursive: true, force: true });
    } finally {
      await acquired.lease.release();
    }
  }

  /** Keeps a job; of one that somebody runs, nothing is changed. */
  async put(stored: StoredJob): Promise<{ job: Job; running: boolean }> {
    const { id } = stored;
    if (this.live.has(id)) {
      return { job: await this.read(id), running: true };
    }
    try {
      await ensureFolder(this.folderOf(id));
      const acquired = await Lease.acquire(this.leaseOf(id), { holder: id, timing: this.timing });
      if ('heldBy' in acquired) {
        return { job: await this.read(id), running: true };
      }
      try {
        const earlier = await this.readStored(id).catch(() => undefined);
        const created = earlier?.createdAt ?? stored.createdAt;
        const kept: StoredJob = { ...stored, createdAt: created };
        await writeWhole(join(this.folderOf(id), 'job.json'), `${JSON.stringify(kept)}\n`);
        const live = await LiveJob.open({ stored: kept, journal: this.journalOf(id) });
        await live.record({ type: 'state', state: 'waiting', fresh: true });
        await live.close();
        this.inMemory.delete(id);
      } finally {
        await acquired.lease.release();
      }
    } catch (error) {
      this.keepInMemory(stored, reasonOf(error));
    }
    return { job: await this.read(id), running: false };
  }

  /**
   * Takes a job for this process: until it is let go, nobody else can.
   *
   * @param onLost - called once when another process turns out to have it.
   * @throws BedrockImportError `JOB_NOT_FOUND`, `JOB_RUNNING_ELSEWHERE`, `JOB_TOO_NEW`, `JOB_UNREADABLE`
   */
  async hold(
    id: string,
    options: {
      onLost?: () => void;
      onEvent?: (event: JobEvent) => void;
      signal?: AbortSignal;
    } = {}
  ): Promise<LiveJob> {
    await this.requireThere(id);
    if (this.live.has(id)) {
      throw runningElsewhere(id, NOBODY);
    }
    let live = await this.holdInFolder(id, options);
    if (live === undefined) {
      const passing = this.inMemory.get(id);
      if (passing === undefined) {
        throw notFound(id);
      }
      live = await LiveJob.open({ stored: passing.stored, earlier: passing.events });
      live.listen(event => {
        const isNext = event.type !== 'progress' || passing.events.at(-1)?.type !== 'progress';
        passing.events.splice(isNext ? passing.events.length : -1, 1, event);
      });
    }
    this.live.set(id, live);
    if (options.onEvent !== undefined) {
      live.listen(options.onEvent);
    }
    if (this.inMemory.has(id)) {
      live.warnOnce(
        `Jobs cannot be kept in ${this.stateDirectory}: ${this.problem ?? 'it cannot be written'}. ` +
          'The job runs all the same, and ends with this process.'
      );
    }
    return live;
  }

  async letGo(live: LiveJob): Promise<void> {
    await live.close();
    this.live.delete(live.stored.id);
  }

  /** The job in this process, while it holds it. */
  liveJob(id: string): LiveJob | undefined {
    return this.live.get(id);
  }

  async lookAt(id: string): Promise<LeaseView> {
    return this.inMemory.has(id) || this.live.has(id)
      ? this.leaseInMemory(id)
      : await lookAtLease(this.leaseOf(id), this.timing);
  }

  folderOf(id: string): string {
    return join(this.jobsFolder, id);
  }

  journalOf(id: string): string {
    return join(this.folderOf(id), 'journal.jsonl');
  }

  isInMemory(id: string): boolean {
    return this.inMemory.has(id);
  }

  private get jobsFolder(): string {
    return join(this.stateDirectory, 'jobs');
  }

  private leaseOf(id: string): string {
    return join(this.folderOf(id), 'lease.json');
  }

  private leaseInMemory(id: string): LeaseView {
    return this.live.has(id) ? { state: 'held', holder: id } : NOBODY;
  }

  private keepInMemory(stored: StoredJob, why: string): void {
    this.problem ??= why;
    const event: JobEvent = {
      seq: 1,
      at: new Date().toISOString(),
      type: 'state',
      state: 'waiting',
      fresh: true
    };
    this.inMemory.set(stored.id, { stored, events: [event] });
  }

  /** `undefined` for a job in memory; one whose folder cannot be written any more becomes one. */
  private async holdInFolder(
    id: string,
    options: { onLost?: () => void; signal?: AbortSignal }
  ): Promise<LiveJob | undefined> {
    if (this.inMemory.has(id)) {
      return undefined;
    }
    requireRunnable(await this.readStored(id));
    let lease: Lease | undefined;
    try {
      const acquired = await Lease.acquire(this.leaseOf(id), {
        holder: id,
        timing: this.timing,
        ...options
      });
      if ('heldBy' in acquired) {
        throw runningElsewhere(id, acquired.heldBy);
      }
      ({ lease } = acquired);
      // Read under the lease: a newer plan may have come meanwhile.
      const stored = await this.readStored(id);
      return await LiveJob.open({ stored, journal: this.journalOf(id), lease });
    } catch (error) {
      await lease?.release();
      if (error instanceof BedrockImportError) {
        throw error;
      }
      const stored = await this.readStored(id);
      const events = await new JournalReader(this.journalOf(id)).read();
      this.problem ??= reasonOf(error);
      this.inMemory.set(id, { stored, events });
      return undefined;
    }
  }

  async requireThere(id: string): Promise<void> {
    if (this.inMemory.has(id)) {
      return;
    }
    const stats = isJobId(id) ? await lstat(this.folderOf(id)).catch(() => undefined) : undefined;
    if (stats?.isDirectory() !== true) {
      throw notFound(id);
    }
  }

  private async readStored(id: string): Promise<StoredJob> {
    await this.requireThere(id);
    try {
      const text = await readIfThere(join(this.folderOf(id), 'job.json'));
      if (text === undefined) {
        throw new Error('job.json is missing.');
      }
      return parseStoredJob(text, id);
    } catch (error) {
      throw new BedrockImportError({
        code: 'JOB_UNREADABLE',
        message: `The job cannot be read: ${reasonOf(error)}`,
        subject: id,
        nextStep: `Start it again with the same command, or delete the folder ${this.folderOf(id)}.`,
        cause: error
      });
    }
  }

  private async summarise(id: string): Promise<JobSummary | undefined> {
    try {
      const stats = await lstat(this.folderOf(id));
      if (!stats.isDirectory()) {
        return undefined;
      }
      const stored = await this.readStored(id);
      const lease = await this.lookAt(id);
      const live = this.live.get(id);
      if (live !== undefined) {
        return summaryOf(stored, live.facts, lease);
      }
      const tail = await readTail(this.journalOf(id), TAIL_BYTES);
      const facts = foldEvents(tail.events);
      const enough = tail.whole || (facts.state !== undefined && facts.stage !== undefined);
      return summaryOf(
        stored,
        enough ? facts : foldEvents(await new JournalReader(this.journalOf(id)).read()),
        lease
      );
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      return unreadableSummary(id, this.folderOf(id), error);
    }
  }

  private unreadable(error: unknown): BedrockImportError {
    return new BedrockImportError({
      code: 'JOBS_UNREADABLE',
      message: `The jobs cannot be read: ${reasonOf(error)}.`,
      subject: this.jobsFolder,
      nextStep: 'Make the folder readable, or set BEDROCK_IMPORT_STATE_DIR to another one.',
      cause: error
    });
  }
}
