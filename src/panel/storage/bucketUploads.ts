import { listBuckets, listUploads } from '../../protocol';
import type { UploadListing } from '../../protocol';
import { Loader } from '../connection';
import type { Loaded } from '../connection';
import type { IEngine, IPreferences } from '../tokens';

/** Uploads that nobody completed, in a bucket of the user's choice. Nothing is asked before that. */
export class BucketUploads {
  private readonly _buckets = new Loader<string[]>(() => this.onChange());
  private readonly _listing = new Loader<UploadListing>(() => this.onChange());
  private _bucket = '';
  private asked = false;

  constructor(
    private readonly engine: IEngine,
    private readonly preferences: IPreferences | null,
    private readonly onChange: () => void
  ) {}

  /** Of the account and Region. */
  get buckets(): Loaded<string[]> {
    return this._buckets.state;
  }

  /** The chosen one; at first that of the settings. */
  get bucket(): string {
    return this._bucket;
  }

  get listing(): Loaded<UploadListing> {
    return this._listing.state;
  }

  /** Somebody looks at the section: asks for the names of the buckets, once. */
  async open(): Promise<void> {
    if (this.asked) {
      return;
    }
    this.asked = true;
    await this.preferences?.ready;
    if (this._bucket === '') {
      this._bucket = this.preferences?.bucket ?? '';
      this.onChange();
    }
    await this._buckets.load(signal => this.engine.query(listBuckets, { signal }));
    // Without a list a name can be typed; the next opening asks again.
    this.asked = this._buckets.state.status === 'ready';
  }

  choose(bucket: string): void {
    if (bucket !== this._bucket) {
      this._bucket = bucket;
      this._listing.clear();
      this.onChange();
    }
  }

  /** Asks what is in the chosen bucket. */
  async look(): Promise<void> {
    const bucket = this._bucket.trim();
    if (bucket !== '') {
      await this._listing.load(signal => this.engine.request(listUploads, { bucket }, { signal }));
    }
  }

  stop(): void {
    this._listing.cancel();
  }

  dispose(): void {
    this._buckets.cancel();
    this._listing.cancel();
  }
}
