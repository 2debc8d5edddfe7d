import { ResponseError } from 'vscode-jsonrpc';
import type {
  CancellationToken,
  MessageConnection,
  NotificationType,
  RequestType,
  RequestType0
} from 'vscode-jsonrpc';

import { answerNews, HELLO_NEEDED, storageNews } from '../../protocol';
import type { AnswerNews, Failure, StorageNews } from '../../protocol';
import { toResponseError } from './failures';

/** Nobody sees more of it, and a deletion has thousands of steps. */
const STORAGE_NEWS_MS = 100;

/** One connected page: its requests are answered until it leaves, which stops what it waits for. */
export class Page {
  /** The page speaks this engine's version. */
  greeted = false;
  private readonly leaving = new AbortController();
  private storageToldAt = -Infinity;

  constructor(private readonly connection: MessageConnection) {
    connection.onClose(() => this.leaving.abort());
    connection.onDispose(() => this.leaving.abort());
  }

  /** Aborts when the page is gone. */
  get gone(): AbortSignal {
    return this.leaving.signal;
  }

  /** Answers a request; `signal` aborts when the page cancels it or leaves. */
  answer<P, R>(
    type: RequestType<P, R, Failure>,
    work: (params: P, signal: AbortSignal) => Promise<R>
  ): void {
    this.connection.onRequest(type.method, (params: P, token: CancellationToken) =>
      this.run(type.method, token, signal => work(params, signal))
    );
  }

  /** The same for a request without parameters. */
  answerPlain<R>(type: RequestType0<R, Failure>, work: (signal: AbortSignal) => Promise<R>): void {
    // A page that sends parameters all the same gets its answer, too.
    this.connection.onRequest(type.method, (...sent: CancellationToken[]) =>
      this.run(type.method, sent.at(-1), work)
    );
  }

  tell<P extends object>(type: NotificationType<P>, params: P): void {
    if (!this.gone.aborted) {
      // A page that leaves in this moment needs no news.
      this.connection.sendNotification(type.method, params).catch(() => undefined);
    }
  }

  tellAnswer(token: string, news: AnswerNews): void {
    if (!this.gone.aborted) {
      this.connection.sendProgress(answerNews, token, news).catch(() => undefined);
    }
  }

  tellStorage(token: string, news: StorageNews): void {
    const now = performance.now();
    if (!this.gone.aborted && now - this.storageToldAt >= STORAGE_NEWS_MS) {
      this.storageToldAt = now;
      this.connection.sendProgress(storageNews, token, news).catch(() => undefined);
    }
  }

  private async run<R>(
    method: string,
    token: CancellationToken | undefined,
    work: (signal: AbortSignal) => Promise<R>
  ): Promise<R | ResponseError<Failure>> {
    if (!this.greeted && method !== 'session/hello') {
      return new ResponseError(HELLO_NEEDED, 'session/hello has to come first.');
    }
    const stop = new AbortController();
    const cancelled = token?.onCancellationRequested(() => stop.abort());
    try {
      return await work(AbortSignal.any([stop.signal, this.gone]));
    } catch (error) {
      return error instanceof ResponseError ? error : toResponseError(error);
    } finally {
      cancelled?.dispose();
    }
  }
}
