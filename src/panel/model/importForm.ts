import { VDomModel } from '@jupyterlab/ui-components';

import {
  createBucket,
  getMachine,
  inspectModel,
  listBuckets,
  listRoles,
  reviewImport,
  startImport
} from '../../protocol';
import type { ImportReview, ModelFacts, RoleFact } from '../../protocol';
import { Loader } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';
import { EMPTY_DRAFT, enteredIn, sameWish, toWish } from './draft';
import type { Draft } from './draft';
import { ModelSearch } from './modelSearch';

/** So long nobody has to have changed anything before it is reviewed. */
const REVIEW_PAUSE_MS = 400;
const MOST_RECENT = 8;

/** Why Start does not start yet. */
export type Missing =
  | 'connection'
  | 'model'
  | 'bucket'
  | 'role'
  | 'template'
  | 'failure'
  | 'review'
  | 'blocker'
  | 'overwrite';

/** The form of an import: what the user wants, what was found, and what would happen. */
export class ImportForm extends VDomModel {
  readonly search: ModelSearch;
  readonly facts: Loader<ModelFacts>;
  readonly buckets: Loader<string[]>;
  readonly roles: Loader<RoleFact[]>;
  readonly review: Loader<ImportReview>;
  /** The id of the job that was started. */
  readonly started: Loader<string>;
  private _draft: Draft = EMPTY_DRAFT;
  private _recent: readonly string[] = [];
  /** The source that `facts` are of, or shall be; what is still being typed is not. */
  private chosen = '';
  /** What `review` is of. */
  private reviewed: Draft | undefined;
  private reviewTimer: number | undefined;
  /** Account data were fetched on this connection. */
  private accountLoaded = false;

  constructor(
    private readonly engine: IEngine,
    private readonly settings: { connections: () => number } = { connections: () => 0 }
  ) {
    super();
    const changed = (): void => this.stateChanged.emit();
    this.search = new ModelSearch(engine, changed);
    this.facts = new Loader(changed);
    this.buckets = new Loader(changed);
    this.roles = new Loader(changed);
    this.review = new Loader(changed);
    this.started = new Loader(changed);
    engine.stateChanged.connect(this.onEngineState, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    super.dispose();
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    window.clearTimeout(this.reviewTimer);
    this.search.stop();
    for (const loader of [this.facts, this.buckets, this.roles, this.review, this.started]) {
      loader.clear();
    }
  }

  get draft(): Draft {
    return this._draft;
  }

  get isReady(): boolean {
    return this.engine.state.status === 'ready';
  }

  /** Sources of earlier imports, the newest first. */
  get recent(): readonly string[] {
    return this._recent;
  }

  /** Takes what was kept from before a reload; what the user has entered meanwhile stays. */
  restore(draft: Draft, recent: readonly string[]): void {
    const entered = enteredIn(this._draft);
    this._draft = { ...draft, ...entered };
    if (entered.source === undefined) {
      this.chosen = draft.source.trim();
    }
    this._recent = recent.slice(0, MOST_RECENT);
    this.stateChanged.emit();
    this.lookIfReady();
  }

  /** Changes what the user wants; what was found for another source is forgotten. */
  change(changes: Partial<Omit<Draft, 'source'>>): void {
    const before = this._draft;
    this._draft = { ...before, ...changes };
    if (!sameWish(before, this._draft)) {
      // Agreed to for what was seen.
      this._draft = { ...this._draft, allowOverwrite: false };
      this.started.clear();
      this.reviewSoon();
    }
    this.stateChanged.emit();
  }

  /** While the user types. */
  type(source: string): void {
    this._draft = { ...this._draft, source };
    this.search.type(source);
    this.stateChanged.emit();
  }

  /** Looks at a model: chosen from a list, or typed to its end. */
  choose(source: string): void {
    const text = source.trim();
    this.search.stop();
    this.started.clear();
    if (text !== this.chosen) {
      // A template was written for one model; so was a name.
      this._draft = { ...this._draft, chatTemplate: undefined, importedModelName: '' };
    }
    this._draft = { ...this._draft, source: text, allowOverwrite: false };
    this.stateChanged.emit();
    if (text === '') {
      this.forgetModel();
    } else {
      void this.inspect(text);
    }
  }

  /** Fetches everything anew. */
  refresh(): void {
    if (this.isReady) {
      this.loadAccount();
      this.lookAgain();
    }
  }

  /** @throws EngineFailure */
  async createBucket(bucket: string): Promise<void> {
    await this.engine.request(createBucket, { bucket });
    this.change({ bucket });
    await this.loadBuckets();
  }

  /** An absolute path of a folder that the file browser shows. */
  async absolutePath(path: string): Promise<string> {
    const { root } = await this.engine.query(getMachine);
    return `${root.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  }

  /** Why Start does not start yet; undefined when it does. */
  get missing(): Missing | undefined {
    if (!this.isReady) {
      return 'connection';
    }
    const { source, bucket, role, allowOverwrite } = this._draft;
    if (source.trim() === '' || source.trim() !== this.chosen) {
      return 'model';
    }
    if (bucket.trim() === '') {
      return 'bucket';
    }
    if (role.trim() === '') {
      return 'role';
    }
    if (this._draft.chatTemplate?.trim() === '') {
      return 'template';
    }
    if (this.facts.state.status === 'failed' || this.review.state.status === 'failed') {
      return 'failure';
    }
    const review = this.currentReview;
    if (review === undefined) {
      return 'review';
    }
    if (review.checks.some(({ verdict }) => verdict === 'blocker')) {
      return 'blocker';
    }
    const overwrites = review.conflicts.some(({ kind }) => kind === 'would-overwrite');
    return overwrites && !allowOverwrite ? 'overwrite' : undefined;
  }

  /** The review, when it is of what the form says now. */
  get currentReview(): ImportReview | undefined {
    const { state } = this.review;
    return state.status === 'ready' &&
      this.reviewed !== undefined &&
      sameWish(this.reviewed, this._draft)
      ? state.value
      : undefined;
  }

  /** Starts what was reviewed. @returns the job's id; undefined when it failed, which `started` says */
  async start(): Promise<string | undefined> {
    const review = this.currentReview;
    if (
      review === undefined ||
      this.missing !== undefined ||
      this.started.state.status === 'loading'
    ) {
      return undefined;
    }
    const { source, firstQuestion, keepAwake, allowOverwrite } = this._draft;
    const connections = this.settings.connections();
    const jobId = await this.started.load(async () => {
      const { jobId: id } = await this.engine.request(startImport, {
        reviewId: review.reviewId,
        ask: firstQuestion.trim() || undefined,
        connections: connections > 0 ? connections : undefined,
        allowOverwrite,
        keepAwake
      });
      return id;
    });
    if (jobId !== undefined) {
      this._recent = [source, ...this._recent.filter(other => other !== source)].slice(
        0,
        MOST_RECENT
      );
      this.stateChanged.emit();
    }
    return jobId;
  }

  private onEngineState(_: IEngine, state: EngineState): void {
    this.stateChanged.emit();
    if (state.status === 'ready') {
      this.accountLoaded = false;
      this.lookIfReady();
    }
  }

  private lookIfReady(): void {
    if (!this.isReady) {
      return;
    }
    if (!this.accountLoaded) {
      this.loadAccount();
    }
    this.lookAgain();
  }

  private lookAgain(): void {
    if (this.chosen !== '') {
      void this.inspect(this.chosen);
    }
  }

  private loadAccount(): void {
    this.accountLoaded = true;
    void this.loadBuckets();
    void this.roles.load(signal => this.engine.query(listRoles, { signal }));
  }

  private async loadBuckets(): Promise<void> {
    await this.buckets.load(signal => this.engine.query(listBuckets, { signal }));
  }

  private async inspect(source: string): Promise<void> {
    if (source !== this.chosen) {
      this.forgetModel();
    }
    this.chosen = source;
    // A review of before is of another connection, which the engine does not know any more.
    this.reviewed = undefined;
    const found = await this.facts.load(signal =>
      this.engine.request(inspectModel, { model: source }, { signal })
    );
    if (found !== undefined) {
      this.reviewSoon(0);
    }
  }

  private forgetModel(): void {
    this.chosen = '';
    this.reviewed = undefined;
    window.clearTimeout(this.reviewTimer);
    this.facts.clear();
    this.review.clear();
  }

  private reviewSoon(pauseMs = REVIEW_PAUSE_MS): void {
    window.clearTimeout(this.reviewTimer);
    this.reviewTimer = window.setTimeout(() => this.makeReview(), pauseMs);
  }

  private makeReview(): void {
    const wish = toWish(this._draft);
    if (!this.isReady || wish === undefined || this.facts.state.status !== 'ready') {
      this.reviewed = undefined;
      return;
    }
    this.reviewed = this._draft;
    void this.review.load(signal => this.engine.request(reviewImport, wish, { signal }));
  }
}
