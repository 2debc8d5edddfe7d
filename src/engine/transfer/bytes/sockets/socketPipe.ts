import { ShortBodyError, tooLong } from '../errors';
import type {
  AnswerHead,
  BytePipe,
  MoveOptions,
  OnChunk,
  PipeAnswer,
  PipeRequest,
  PutRequest,
  ReadRequest
} from '../types';
import type { Address } from './address';
import { addressOf } from './address';
import { AnswerReader } from './answerReader';
import type { Body } from './body';
import { AnswerBody, MemoryBody } from './body';
import type { Dial } from './connection';
import type { Guard } from './guard';
import { guarded } from './guard';
import { BrokenError } from './link';
import type { Link } from './link';
import { LinkPool } from './linkPool';
import type { ParsedHead } from './parseHead';
import { requestHead } from './requestHead';
import { sendOver } from './sendBody';

/** What one request holds of a model. Half of it costs two or three per cent more CPU time. */
const BUFFER_BYTES = 512 * 1024;

/** An answer whose head has been judged. */
interface Opened {
  link: Link;
  reader: AnswerReader;
  head: AnswerHead;
}

/**
 * The pipe over connections of its own: what is read from one is written to the other, through one
 * buffer for each request. Every connection carries one request at a time and is used again.
 *
 * A request over a used connection that broke before anything came back is repeated once over a new
 * one, if its body can still be sent from the beginning: the server had just given the connection up.
 */
export class SocketPipe implements BytePipe {
  private readonly links: LinkPool;
  private readonly buffers: Uint8Array[] = [];

  constructor(dial: Dial, connections: number) {
    this.links = new LinkPool(dial, connections);
  }

  async move(request: PipeRequest, options: MoveOptions): Promise<PipeAnswer> {
    const target = addressOf(request.put.url);
    const { lengthBytes } = request;
    const head = requestHead('PUT', target, request.put.headers, lengthBytes);
    return guarded(options, async guard => {
      // Connecting is not asking: it goes on while the source thinks.
      const ready = this.links.take(target, options.signal);
      ready.catch(() => undefined);
      const buffer = this.buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
      let opened: Opened;
      let body: Body;
      try {
        opened = await this.open({ ...request.get, ...request }, buffer, guard);
        const { link, reader } = opened;
        body = new AnswerBody(await reader.next(), reader, link, guard);
      } catch (error) {
        ready.then(
          link => this.links.give(link),
          () => undefined
        );
        throw error;
      }
      const answer = await this.send(target, { head, body, lengthBytes }, ready, guard, options);
      this.finish(opened, buffer, guard);
      return answer;
    });
  }

  async put(request: PutRequest, options: MoveOptions): Promise<PipeAnswer> {
    const { url, headers, body } = request;
    const target = addressOf(url);
    const lengthBytes = body.length;
    const head = requestHead('PUT', target, headers, lengthBytes);
    return guarded(options, guard =>
      this.send(
        target,
        { head, body: new MemoryBody(body), lengthBytes },
        this.links.take(target, guard.signal),
        guard,
        options
      )
    );
  }

  async read(request: ReadRequest, onChunk: OnChunk, options: MoveOptions): Promise<AnswerHead> {
    const { lengthBytes } = request;
    return guarded(options, async guard => {
      const buffer = this.buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
      const opened = await this.open(request, buffer, guard);
      const { reader, head } = opened;
      let received = 0;
      for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
        received += piece.length;
        if (received > lengthBytes) {
          throw tooLong(received, lengthBytes);
        }
        await guard.pausing(() => onChunk(piece));
      }
      if (received < lengthBytes) {
        throw new ShortBodyError(lengthBytes, received);
      }
      this.finish(opened, buffer, guard);
      return head;
    });
  }

  close(): void {
    this.links.close();
    this.buffers.length = 0;
  }

  private async open(request: ReadRequest, buffer: Uint8Array, guard: Guard): Promise<Opened> {
    const { url, headers, lengthBytes } = request;
    const address = addressOf(url);
    const head = requestHead('GET', address, headers);
    for (let fresh = false; ; fresh = true) {
      guard.waitFor(address.host);
      const link = guard.own(await this.links.take(address, guard.signal, fresh));
      const reader = new AnswerReader(link, buffer, guard.moved, lengthBytes);
      try {
        // Why nothing could be written shows when the answer is read.
        await link.write(head).catch(() => undefined);
        const parsed = await reader.head();
        this.judged(request, parsed, { link, reader, head: parsed }, guard);
        return { link, reader, head: { status: parsed.status, headers: parsed.headers } };
      } catch (error) {
        if (!link.reused || !reader.untouched || !(error instanceof BrokenError)) {
          throw error;
        }
        guard.drop(link);
      }
    }
  }

  private judged(request: ReadRequest, parsed: ParsedHead, opened: Opened, guard: Guard): void {
    const { status, headers, framing } = parsed;
    const { lengthBytes } = request;
    try {
      request.judge({ status, headers });
      const promised = framing.kind === 'length' ? framing.bytes : undefined;
      if (framing.kind === 'none' ? lengthBytes > 0 : (promised ?? lengthBytes) < lengthBytes) {
        throw new ShortBodyError(lengthBytes, promised ?? 0);
      }
      if (promised !== undefined && promised > lengthBytes) {
        throw tooLong(promised, lengthBytes);
      }
    } catch (error) {
      opened.reader.discard();
      this.release(opened.link, opened.reader.reusable, guard);
      throw error;
    }
  }

  private async send(
    target: Address,
    sending: { head: Uint8Array; body: Body; lengthBytes: number },
    ready: Promise<Link>,
    guard: Guard,
    options: MoveOptions
  ): Promise<PipeAnswer> {
    guard.waitFor(target.host);
    let link = guard.own(await ready);
    for (;;) {
      const sent = await sendOver(link, sending, guard, options);
      if (sent !== undefined) {
        this.release(link, sent.reusable, guard);
        return sent.answer;
      }
      guard.drop(link);
      link = guard.own(await this.links.take(target, guard.signal, true));
    }
  }

  private finish({ link, reader }: Opened, buffer: Uint8Array, guard: Guard): void {
    // A body that was given up may still be read into the buffer.
    if (reader.ended) {
      this.buffers.push(buffer);
    }
    this.release(link, reader.reusable, guard);
  }

  private release(link: Link, reusable: boolean, guard: Guard): void {
    if (reusable) {
      guard.release(link);
      this.links.give(link);
    } else {
      guard.drop(link);
    }
  }
}
