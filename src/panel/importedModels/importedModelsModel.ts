import { deleteImportedModel, getImportedModel, listImportedModels } from '../../protocol';
import type { Failure, ImportedModelFact, JobFact } from '../../protocol';
import { EngineModel, isCancelled, Loader, toFailure } from '../connection';
import type { EngineState, Loaded } from '../connection';
import type { IEngine } from '../tokens';

/** From so many models on, they are looked for by name. */
export const FILTER_FROM = 10;

/** What happens to one model beside being listed. */
export interface ItemState {
  /** `examining`: what is known of it is put together for the dialog before a deletion. */
  status: 'idle' | 'examining' | 'deleting';
  /** Why it was not deleted. */
  failure?: Failure;
}

const AT_REST: ItemState = { status: 'idle' };

/** The models that Bedrock has. It asks for nothing before the engine is ready. */
export class ImportedModelsModel extends EngineModel {
  private readonly list = this.loader<ImportedModelFact[]>();
  /** By ARN; what the list lacks, only for models that somebody has opened. */
  private readonly details = new Map<string, Loader<ImportedModelFact>>();
  private readonly items = new Map<string, ItemState>();
  /** Bedrock may go on listing them for a moment. */
  private readonly deleted = new Set<string>();
  private readonly ending = new AbortController();
  private doneJobs: ReadonlySet<string> = new Set();
  private _filter = '';

  constructor(engine: IEngine) {
    super(engine);
    engine.stateChanged.connect(this.onEngineState, this);
    engine.jobsChanged.connect(this.onJobs, this);
    if (this.isReady) {
      this.refresh();
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    this.engine.jobsChanged.disconnect(this.onJobs, this);
    super.dispose();
    this.ending.abort();
    this.list.clear();
    this.details.forEach(loader => loader.clear());
  }

  get state(): Loaded<ImportedModelFact[]> {
    return this.list.state;
  }

  /** All of them, the newest first. */
  get models(): ImportedModelFact[] {
    return (this.list.value ?? []).filter(({ arn }) => !this.deleted.has(arn));
  }

  /** Those whose name, architecture or ARN has every word of the filter. */
  get shown(): ImportedModelFact[] {
    const words = this.hasFilter ? this._filter.toLowerCase().split(/\s+/) : [];
    return this.models.filter(({ name, architecture = '', arn }) => {
      const text = `${name} ${architecture} ${arn}`.toLowerCase();
      return words.every(word => text.includes(word));
    });
  }

  get hasFilter(): boolean {
    return this.models.length >= FILTER_FROM;
  }

  get filter(): string {
    return this._filter;
  }

  set filter(filter: string) {
    this._filter = filter;
    this.changed();
  }

  item(arn: string): ItemState {
    return this.items.get(arn) ?? AT_REST;
  }

  /** What is known of a model; more after `lookUp`. */
  detailsOf(arn: string): Loaded<ImportedModelFact> {
    return this.details.get(arn)?.state ?? { status: 'none' };
  }

  /** Asks for all of them again. */
  refresh(): void {
    if (this.isReady) {
      void this.list.load(signal => this.engine.query(listImportedModels, { signal }));
    }
  }

  /** Asks for what the list lacks, unless it is known; it never changes. */
  lookUp(arn: string): void {
    const loader = this.details.get(arn) ?? this.loader<ImportedModelFact>();
    this.details.set(arn, loader);
    if (this.isReady && loader.state.status !== 'ready' && loader.state.status !== 'loading') {
      void this.fetchDetails(arn, loader);
    }
  }

  /** As much as can be known of a model before it is deleted; never rejects. */
  async knowAll(model: ImportedModelFact): Promise<ImportedModelFact> {
    const loader = this.details.get(model.arn) ?? this.loader<ImportedModelFact>();
    this.details.set(model.arn, loader);
    this.setItem(model.arn, { status: 'examining' });
    const known = loader.value ?? (await this.fetchDetails(model.arn, loader));
    this.setItem(model.arn, undefined);
    return { ...model, ...known };
  }

  /** Deletes a model from Bedrock. What goes wrong stands at the model. */
  async delete(arn: string): Promise<void> {
    if (this.item(arn).status === 'deleting') {
      return;
    }
    this.setItem(arn, { status: 'deleting' });
    try {
      await this.engine.request(
        deleteImportedModel,
        { model: arn },
        { signal: this.ending.signal }
      );
      this.deleted.add(arn);
      this.details.delete(arn);
      this.setItem(arn, undefined);
      this.refresh();
    } catch (error) {
      this.setItem(arn, {
        status: 'idle',
        failure: isCancelled(error) ? undefined : toFailure(error)
      });
    }
  }

  private fetchDetails(
    arn: string,
    loader: Loader<ImportedModelFact>
  ): Promise<ImportedModelFact | undefined> {
    return loader.load(signal => this.engine.request(getImportedModel, { model: arn }, { signal }));
  }

  private setItem(arn: string, state: ItemState | undefined): void {
    if (state === undefined) {
      this.items.delete(arn);
    } else {
      this.items.set(arn, state);
    }
    this.changed();
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready') {
      this.refresh();
      this.details.forEach((_loader, arn) => this.lookUp(arn));
    } else {
      // The engine that was asked answers no more.
      this.list.cancel();
      this.details.forEach(loader => loader.cancel());
    }
    this.changed();
  }

  /** A job that is done may have made a model. */
  private onJobs(_: IEngine, jobs: JobFact[]): void {
    const done = new Set(jobs.filter(({ state }) => state === 'done').map(({ id }) => id));
    const isNew = [...done].some(id => !this.doneJobs.has(id));
    this.doneJobs = done;
    if (isNew) {
      this.refresh();
    }
  }
}
