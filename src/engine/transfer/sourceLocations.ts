import { locateHubFile } from '../hub';
import type { HubClient, HubFileLocation, HubModel } from '../hub';

/** A signed URL is renewed this long before the hub lets it expire, so that a part can still finish. */
const RENEW_BEFORE_MS = 120_000;

/**
 * Signed URLs of the files of one model. Each is asked for once and used by all parts: a request to the
 * hub per part would count against its rate limits (Hugging Face Hub documentation, "Rate limits").
 */
export class SourceLocations {
  private readonly locations = new Map<string, Promise<HubFileLocation>>();

  constructor(
    private readonly hub: HubClient,
    private readonly model: HubModel
  ) {}

  async get(path: string, signal: AbortSignal): Promise<HubFileLocation> {
    const known = this.locations.get(path);
    if (known !== undefined) {
      const location = await known;
      if (
        location.expiresAt === undefined ||
        location.expiresAt.getTime() - Date.now() > RENEW_BEFORE_MS
      ) {
        return location;
      }
      this.forget(path, known);
    }
    const current = this.locations.get(path);
    if (current !== undefined) {
      return current;
    }
    const asked = locateHubFile(this.hub, this.model, path, { signal });
    this.locations.set(path, asked);
    asked.catch(() => this.forget(path, asked));
    return asked;
  }

  /** The CDN refused the URL: the next part asks the hub again. */
  async refused(path: string, location: HubFileLocation): Promise<void> {
    const known = this.locations.get(path);
    if (known !== undefined && (await known) === location) {
      this.forget(path, known);
    }
  }

  private forget(path: string, location: Promise<HubFileLocation>): void {
    if (this.locations.get(path) === location) {
      this.locations.delete(path);
    }
  }
}
