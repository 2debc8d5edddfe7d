import { ProtocolError, ShortBodyError, tooLong } from '../errors';
import type { MoveOptions, PipeAnswer } from '../types';
import { AnswerReader } from './answerReader';
import type { Body } from './body';
import type { Guard } from './guard';
import { BrokenError } from './link';
import type { Link } from './link';
import type { ParsedHead } from './parseHead';

/** Longest part of the answer's body that is kept. */
const TEXT_BYTES = 65_536;

export interface Sending {
  head: Uint8Array;
  body: Body;
  lengthBytes: number;
}

/** How far one PUT over one connection has come. */
interface Progress {
  /** Bytes of the body that have been handed to the connection. */
  issued: number;
  stopped: boolean;
  done: boolean;
}

export interface Sent {
  answer: PipeAnswer;
  /** The connection can carry the next request. */
  reusable: boolean;
}

/**
 * One PUT over one connection. The answer is waited for from the beginning: one that refuses the body
 * comes before its end, and the server may stop reading then.
 *
 * @returns undefined when the server had given up this used connection and the body is still whole.
 */
export async function sendOver(
  link: Link,
  sending: Sending,
  guard: Guard,
  options: MoveOptions
): Promise<Sent | undefined> {
  const { body, lengthBytes } = sending;
  const reader = new AnswerReader(link, new Uint8Array(4096), guard.moved);
  const progress: Progress = { issued: 0, stopped: false, done: false };
  void link.listen();
  const sent = pump(link, sending, progress, guard, options);
  let head: ParsedHead;
  try {
    head = await Promise.race([reader.head(), sent.then(() => reader.head())]);
  } catch (error) {
    progress.stopped = true;
    const given = error instanceof BrokenError && link.reused && reader.untouched;
    if (given && body.rewind()) {
      return undefined;
    }
    throw error;
  }
  const ok = head.status < 300;
  if (ok && progress.issued < lengthBytes) {
    throw new ProtocolError('the answer confirms a body that was not yet sent to its end');
  }
  if (ok) {
    await sent;
  } else if (!progress.done) {
    progress.stopped = true;
    body.giveUp();
  }
  const { status, headers } = head;
  return {
    answer: { status, headers, text: await textOf(reader) },
    reusable: progress.done && reader.reusable
  };
}

/** Ends quietly where the connection takes no more: the answer says why. */
async function pump(
  link: Link,
  { head, body, lengthBytes }: Sending,
  progress: Progress,
  guard: Guard,
  options: MoveOptions
): Promise<void> {
  const { host } = link.address;
  const onWritten = (count: number): void => {
    guard.moved();
    options.onBytes?.(count);
  };
  guard.waitFor(host);
  if (!(await taken(link.write(head)))) {
    return;
  }
  for (;;) {
    const piece = await body.next();
    if (progress.stopped) {
      return;
    }
    guard.waitFor(host);
    if (piece === null) {
      break;
    }
    if (progress.issued + piece.length > lengthBytes) {
      throw tooLong(progress.issued + piece.length, lengthBytes);
    }
    progress.issued += piece.length;
    if (!(await taken(link.write(piece, onWritten))) || progress.stopped) {
      return;
    }
  }
  if (progress.issued < lengthBytes) {
    throw new ShortBodyError(lengthBytes, progress.issued);
  }
  progress.done = true;
}

async function taken(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof BrokenError) {
      return false;
    }
    throw error;
  }
}

/** The status is known: a text that breaks off is not worth an error. */
async function textOf(reader: AnswerReader): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let room = TEXT_BYTES;
  try {
    for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
      text += decoder.decode(piece.subarray(0, room), { stream: true });
      room -= Math.min(room, piece.length);
      if (room === 0) {
        break;
      }
    }
  } catch {
    // The connection is not used again.
  }
  return text + decoder.decode();
}
