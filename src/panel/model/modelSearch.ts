import { searchModels } from '../../protocol';
import type { FoundModelFact } from '../../protocol';
import { Loader } from '../connection';
import type { Loaded } from '../connection';
import type { IEngine } from '../tokens';

/** So long nobody has to have typed before the hub is asked. */
const PAUSE_MS = 250;
const SHORTEST_QUERY = 2;
const MOST_FOUND = 12;

/** Whether a text is the beginning of a model's name, rather than an address, a folder or S3. */
export function isSearchable(text: string): boolean {
  return text.trim().length >= SHORTEST_QUERY && /^\w[\w.\- ]*(\/[\w.\- ]*)?$/.test(text.trim());
}

/** Models of the hub that match what is being typed. */
export class ModelSearch {
  private readonly loader: Loader<readonly FoundModelFact[]>;
  private timer: number | undefined;

  constructor(
    private readonly engine: IEngine,
    onChange: () => void
  ) {
    this.loader = new Loader(onChange);
  }

  get state(): Loaded<readonly FoundModelFact[]> {
    return this.loader.state;
  }

  /** Looks for a text when nothing more is typed for a moment. */
  type(text: string): void {
    window.clearTimeout(this.timer);
    if (!isSearchable(text)) {
      this.loader.clear();
      return;
    }
    this.timer = window.setTimeout(() => {
      void this.loader.load(signal =>
        this.engine.request(searchModels, { query: text.trim(), limit: MOST_FOUND }, { signal })
      );
    }, PAUSE_MS);
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.loader.clear();
  }
}
