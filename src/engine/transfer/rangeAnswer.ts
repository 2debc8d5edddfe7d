import { BedrockImportError } from '../errors';
import { requestedWaitMs } from '../waiting';
import type { AnswerHead } from './bytes';
import { TransientFault } from './retry';

/** The CDN no longer takes this signed URL. */
export class LocationRefused extends TransientFault {}

export interface AskedRange {
  /** Path in the model, for messages. */
  path: string;
  sizeBytes: number;
  start: number;
  /** Exclusive. */
  end: number;
}

/**
 * Whether the hub's storage answers with the range that was asked for.
 *
 * @throws LocationRefused, TransientFault when another try may work
 */
export function judgeRange(head: AnswerHead, asked: AskedRange): void {
  const { status, headers } = head;
  const { path, sizeBytes, start, end } = asked;
  if (status === 401 || status === 403) {
    throw new LocationRefused(`the hub's signed URL was refused (HTTP ${status})`);
  }
  if (status === 404 || status === 410) {
    // A storage may forget an address before the hub gives out another one.
    throw new LocationRefused(`the hub's storage does not have the file (HTTP ${status})`, {
      attempts: 3,
      final: new BedrockImportError({
        code: 'HUB_FILE_GONE',
        message: 'The hub no longer has this file at the planned commit.',
        subject: path,
        nextStep: 'Look at the model’s page and run the command again to plan anew.'
      })
    });
  }
  if (status === 429 || status >= 500) {
    throw new TransientFault(`the hub answered HTTP ${status}`, {
      retryAfterMs: requestedWaitMs(headers),
      ...(status === 429 || status === 503
        ? { busy: `the hub’s storage answered HTTP ${status}` }
        : {})
    });
  }
  const whole = start === 0 && end === sizeBytes;
  const expected = `bytes ${start}-${end - 1}/${sizeBytes}`;
  const range = headers.get('content-range');
  const isRange = status === 206 && range === expected;
  // A server that ignores Range is harmless only when the whole file was asked for.
  if (!isRange && !(whole && status === 200)) {
    const got = status === 206 ? `Content-Range "${range ?? ''}"` : `HTTP ${status}`;
    const total = /^bytes \d+-\d+\/(\d+)$/.exec(range ?? '')?.[1];
    if (status === 416 || (total !== undefined && Number(total) !== sizeBytes)) {
      throw sizeMismatch(path, `its listing says ${sizeBytes} bytes, got ${got}`);
    }
    throw new TransientFault(`asked for ${expected}, got ${got}`, {
      final: new BedrockImportError({
        code: 'HUB_RANGE_IGNORED',
        message: `The hub does not serve the byte range that was asked for (${got}).`,
        subject: path,
        nextStep:
          'A proxy or mirror between here and the hub changes range requests, or the file was replaced: unset HF_ENDPOINT or the proxy, or try again later.'
      })
    });
  }
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== end - start) {
    throw sizeMismatch(path, `it promises ${length} bytes where ${end - start} were asked for`);
  }
}

/** A file of another size does not become the right one by waiting. */
function sizeMismatch(path: string, what: string): TransientFault {
  return new TransientFault(`the hub contradicts itself: ${what}`, {
    attempts: 3,
    final: new BedrockImportError({
      code: 'HUB_FILE_MISMATCH',
      message: `The hub does not send the file that it lists: ${what}.`,
      subject: path,
      nextStep: 'Run the command again to plan anew; report it to the hub if it stays.'
    })
  });
}
