/** Nothing moved for too long. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
  readonly code = 'ETIMEDOUT';

  constructor(
    /** Host and port that did not send or take anything. */
    readonly host: string,
    /** Milliseconds that were waited. */
    readonly waitedMs: number,
    what = 'nothing moved'
  ) {
    super(`${what} for ${Math.round(waitedMs / 100) / 10} s (${host})`);
  }
}

/** The source ended before all bytes that it was asked for. */
export class ShortBodyError extends Error {
  override readonly name = 'ShortBodyError';

  constructor(
    readonly lengthBytes: number,
    /** Bytes that came; undefined where they are not seen. */
    readonly receivedBytes?: number
  ) {
    super(
      receivedBytes === undefined
        ? `the source ended before its ${lengthBytes} bytes`
        : `the source ended after ${receivedBytes} of ${lengthBytes} bytes`
    );
  }
}

/** The other side does not speak HTTP/1.1 as it should. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'EPROTO';
}

export function tooLong(sentBytes: number, lengthBytes: number): ProtocolError {
  return new ProtocolError(
    `the source sends ${sentBytes} bytes or more where ${lengthBytes} were asked for`
  );
}
