/** A model as a user names it. */
export interface ModelReference {
  /** `organisation/name`, or `name` alone for the hub's oldest models. */
  id: string;
  /** A branch, a tag, a commit or a reference such as `refs/pr/1`. */
  revision?: string;
}

/** An access token of the hub. Turned into text or JSON it shows a mask. */
export interface HubToken {
  readonly value: string;
  readonly source: 'HF_TOKEN' | 'HF_TOKEN_PATH' | 'token file';
  /** Where it comes from, without its value. */
  toString(): string;
}

/** A file of a model's listing. */
export interface HubFile {
  /** Relative to the repository's root, with `/` between its parts. */
  path: string;
  sizeBytes: number;
  /** SHA-1 of the git blob: of the file itself, or of its pointer when it is an LFS file. */
  gitOid: string;
  /** Of the content; LFS files only. */
  sha256?: string;
}

/** A model at one commit. */
export interface HubModel {
  /** As the hub writes it now, which differs from the id asked for when the model was renamed. */
  id: string;
  commitSha: string;
  requestedRevision?: string;
  files: HubFile[];
  gated: false | 'auto' | 'manual';
  private: boolean;
  /** Licence identifier of the model card, such as `apache-2.0`. */
  license?: string;
  pipelineTag?: string;
  lastModified?: Date;
  endpoint: string;
}

/** A model that a search has found. */
export interface FoundModel {
  id: string;
  downloads: number;
  likes: number;
  gated: false | 'auto' | 'manual';
  private: boolean;
  pipelineTag?: string;
}

/** A connection to one hub. */
export interface HubClient {
  /** Base URL without a trailing slash. */
  readonly endpoint: string;
  readonly token?: HubToken;
  /**
   * Sends the token to the hub's own origin and to no other, follows redirects, and repeats what a
   * rate limit, a server error or a broken connection stopped.
   */
  readonly fetch: typeof fetch;
  /** The pause before something is tried a second time; the next ones double. @default 500 */
  readonly firstPauseMs?: number;
}

/** Where the bytes of a file can be fetched with plain range requests. */
export interface HubFileLocation {
  /** May hold a signature: never to be shown or logged. */
  url: string;
  /** Holds `Authorization` only when the URL is on the hub itself. */
  headers: Record<string, string>;
  /** When the URL's signature ends, where the URL tells. */
  expiresAt?: Date;
}
