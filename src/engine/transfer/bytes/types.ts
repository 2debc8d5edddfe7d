/** Status and headers of an answer, before its body. */
export interface AnswerHead {
  status: number;
  headers: Headers;
}

export interface PipeAnswer extends AnswerHead {
  /** The first 64 KiB of the answer's body. */
  text: string;
}

export interface PipeRequest {
  /** Sent exactly so: `range` and `accept-encoding: identity` are among the headers. */
  get: { url: string; headers: Readonly<Record<string, string>> };
  /** A presigned PUT; the pipe adds `content-length`. */
  put: { url: string; headers: Readonly<Record<string, string>> };
  lengthBytes: number;
  /**
   * Judges the source's answer before S3 is asked anything. What it throws is what `move` rejects with;
   * the source's body is given up then.
   */
  judge(head: AnswerHead): void;
}

export interface PutRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface ReadRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  lengthBytes: number;
  judge(head: AnswerHead): void;
}

export interface MoveOptions {
  signal: AbortSignal;
  /**
   * No byte moved for so many milliseconds: StalledError. A pipe that does not see single bytes takes
   * it as a measure of patience for the whole request instead.
   */
  stallMs: number;
  /** Bytes of a body that S3's connection has taken, as they go; at the end only where they are not seen. */
  onBytes?(count: number): void;
}

/** Receives the bytes of `read`; a chunk is valid until the callback has returned. */
export type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Moves bodies over HTTP/1.1, one connection for each request, without holding more than a buffer of
 * them. Redirects are not followed, status codes are left to the caller, nothing is repeated.
 *
 * All methods reject with the reason of the signal when it aborts, and with StalledError,
 * ShortBodyError, ProtocolError or ConnectionError; none of them names more of a URL than its host.
 */
export interface BytePipe {
  /** The body of a GET's answer as the body of a PUT. */
  move(request: PipeRequest, options: MoveOptions): Promise<PipeAnswer>;
  /** A PUT of bytes in memory. */
  put(request: PutRequest, options: MoveOptions): Promise<PipeAnswer>;
  /** A GET whose `lengthBytes` bytes are handed out chunk by chunk. */
  read(request: ReadRequest, onChunk: OnChunk, options: MoveOptions): Promise<AnswerHead>;
  close(): void;
}
