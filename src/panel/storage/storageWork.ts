import type {
  AbortedUploads,
  Failure,
  FreedSpace,
  RestoredItems,
  StorageNews
} from '../../protocol';
import { isCancelled, toFailure } from '../connection';

/** Sections of the tab in which something can be done. */
export type SectionName = 'trash' | 'cache' | 'leftovers' | 'uploads';

/** What came of the last thing that was done in a section. */
export type Outcome =
  /** `items`: how many the user chose, where they are not files of their own. */
  | { type: 'freed'; freed: FreedSpace; items?: number }
  | { type: 'restored'; restored: RestoredItems; names: ReadonlyMap<string, string> }
  | { type: 'aborted'; aborted: AbortedUploads }
  /** The user has stopped it; what was done before stays done. */
  | { type: 'stopped'; news?: StorageNews }
  | { type: 'failed'; failure: Failure; news?: StorageNews };

export interface Doing {
  section: SectionName;
  /**
   * `preparing`: it is found out what would be done; `asking`: the user is asked; `looking`: it is
   * found out what is left.
   */
  status: 'preparing' | 'asking' | 'running' | 'looking';
  /** What is to be deleted, where it is known. */
  expectedBytes?: number;
  news?: StorageNews;
  stopping: boolean;
}

/** What a step of the work is given. */
export interface Step {
  signal: AbortSignal;
  /** @returns whether the user agrees */
  ask: (confirm: () => Promise<boolean>) => Promise<boolean>;
  /** From now on something is changed. @throws EngineFailure when it was given up meanwhile */
  begin: (expectedBytes?: number) => void;
  onNews: (news: StorageNews) => void;
}

/** Does one thing at a time, so that what the disk has more of afterwards is due to it alone. */
export class StorageWork {
  private readonly outcomes = new Map<SectionName, Outcome>();
  private _doing: Doing | undefined;
  private running: AbortController | undefined;

  /** @param afterwards brings the lists up to date */
  constructor(
    private readonly onChange: () => void,
    private readonly afterwards: (section: SectionName) => Promise<void>
  ) {}

  get doing(): Doing | undefined {
    return this._doing;
  }

  outcomeOf(section: SectionName): Outcome | undefined {
    return this.outcomes.get(section);
  }

  forget(section: SectionName): void {
    if (this.outcomes.delete(section)) {
      this.onChange();
    }
  }

  /** Gives up what is being done. */
  stop(): void {
    if (this._doing !== undefined) {
      this.set({ ...this._doing, stopping: true });
      this.running?.abort();
    }
  }

  /** Never rejects; a second call while one is under way does nothing. */
  async do(
    section: SectionName,
    work: (step: Step) => Promise<Outcome | undefined>
  ): Promise<void> {
    if (this._doing !== undefined) {
      return;
    }
    const running = new AbortController();
    this.running = running;
    this.outcomes.delete(section);
    this.set({ section, status: 'preparing', stopping: false });
    const outcome = await this.outcome(work, running.signal);
    if (this.hasBegun()) {
      this.change({ status: 'looking' });
      await this.afterwards(section);
    }
    if (outcome !== undefined) {
      this.outcomes.set(section, outcome);
    }
    this.running = undefined;
    this.set(undefined);
  }

  private async outcome(
    work: (step: Step) => Promise<Outcome | undefined>,
    signal: AbortSignal
  ): Promise<Outcome | undefined> {
    try {
      return await work({
        signal,
        ask: confirm => {
          signal.throwIfAborted();
          this.change({ status: 'asking' });
          return confirm();
        },
        begin: expectedBytes => {
          signal.throwIfAborted();
          this.change({ status: 'running', expectedBytes });
        },
        onNews: news => this.change({ news })
      });
    } catch (error) {
      const news = this._doing?.news;
      if (signal.aborted || isCancelled(error)) {
        return this.hasBegun() ? { type: 'stopped', news } : undefined;
      }
      return { type: 'failed', failure: toFailure(error), news };
    }
  }

  private hasBegun(): boolean {
    return this._doing?.status === 'running';
  }

  private change(change: Partial<Doing>): void {
    if (this._doing !== undefined) {
      this.set({ ...this._doing, ...change });
    }
  }

  private set(doing: Doing | undefined): void {
    this._doing = doing;
    this.onChange();
  }
}
