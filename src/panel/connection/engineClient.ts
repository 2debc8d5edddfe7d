import 'vscode-jsonrpc/browser';

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { CancellationTokenSource } from 'vscode-jsonrpc';
import type { MessageConnection, RequestType, RequestType0 } from 'vscode-jsonrpc';

import {
  answerNews,
  askImportedModel,
  followJob,
  hello,
  jobEvent,
  jobsChanged,
  openConnection,
  PROTOCOL_VERSION,
  RELOAD_NEEDED
} from '../../protocol';
import type { Answer, AnswerNews, Failure, JobEvent, JobFact, Question } from '../../protocol';
import type { IEngine, INewsOptions, IRequestOptions } from '../tokens';
import { EngineFailure, toFailure } from './failure';
import type { EngineState } from './state';
import { WebSocketChannel } from './webSocketChannel';

const NAMESPACE = 'bedrock-import';

/** Close codes of the server half (jupyterlab_bedrock_import/server/relay.py). */
const ENGINE_KEEPS_ENDING = 4500;
const ENGINE_CANNOT_START = 4501;

/** How long the server half starts no engine after one that keeps ending. */
const ENGINE_PAUSE_MS = 30_000;

/** Waits between attempts; the last one stays. The first ones are short: an engine is back at once. */
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

export interface EngineClientOptions {
  serverSettings: ServerConnection.ISettings;
  trans: TranslationBundle;
}

/** Connects the page with the engine, and again whenever the connection is lost. */
export class EngineClient implements IEngine, IDisposable {
  private readonly _stateChanged = new Signal<IEngine, EngineState>(this);
  private readonly _jobsChanged = new Signal<IEngine, JobFact[]>(this);
  private readonly followers = new Map<string, (event: JobEvent) => void>();
  /** Those who wait for another state. */
  private readonly waiting = new Set<() => void>();
  private readonly settings: ServerConnection.ISettings;
  private readonly trans: TranslationBundle;
  private _state: EngineState = { status: 'idle' };
  private connection: MessageConnection | undefined;
  private socket: WebSocket | undefined;
  private failedAttempts = 0;
  private retryTimer: number | undefined;
  /** Counts attempts, so that what an abandoned one still brings is passed over. */
  private attempt = 0;
  /** Counts requests that have news. */
  private newsTokens = 0;
  private _isDisposed = false;

  constructor({ serverSettings, trans }: EngineClientOptions) {
    this.settings = serverSettings;
    this.trans = trans;
  }

  get state(): EngineState {
    return this._state;
  }

  get stateChanged(): ISignal<IEngine, EngineState> {
    return this._stateChanged;
  }

  get jobsChanged(): ISignal<IEngine, JobFact[]> {
    return this._jobsChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.attempt += 1;
    this.disconnect();
    this.waiting.forEach(settle => settle());
    Signal.clearData(this);
  }

  connect(): void {
    if (this._state.status === 'idle' && !this._isDisposed) {
      void this.open();
    }
  }

  reconnect(): void {
    this.failedAttempts = 0;
    if (!this._isDisposed) {
      void this.open();
    }
  }

  async request<P, R>(
    type: RequestType<P, R, Failure>,
    params: P,
    options: IRequestOptions = {}
  ): Promise<R> {
    return this.send<R>(type.method, [params], options);
  }

  async query<R>(type: RequestType0<R, Failure>, options: IRequestOptions = {}): Promise<R> {
    return this.send<R>(type.method, [], options);
  }

  async followJob(
    id: string,
    options: IRequestOptions & { from?: number; onEvent: (event: JobEvent) => void }
  ): Promise<{ lastSeq: number }> {
    const { from, onEvent, signal } = options;
    if (this.followers.has(id)) {
      throw new Error(`The job ${id} is followed already.`);
    }
    this.followers.set(id, onEvent);
    try {
      return await this.request(followJob, { id, from }, { signal });
    } finally {
      this.followers.delete(id);
    }
  }

  async requestWithNews<P extends { token?: string }, R, N>(
    type: RequestType<P, R, Failure>,
    params: Omit<P, 'token'>,
    { news, onNews, signal }: INewsOptions<N>
  ): Promise<R> {
    const connection = await this.ready(signal);
    const token = `news-${++this.newsTokens}`;
    const listening = connection.onProgress(news, token, onNews);
    try {
      return await this.send<R>(type.method, [{ ...params, token }], { signal });
    } finally {
      listening.dispose();
    }
  }

  ask(
    question: Question,
    options: IRequestOptions & { onNews: (news: AnswerNews) => void }
  ): Promise<Answer> {
    return this.requestWithNews(askImportedModel, question, { ...options, news: answerNews });
  }

  private async send<R>(
    method: string,
    params: unknown[],
    { signal }: IRequestOptions
  ): Promise<R> {
    const connection = await this.ready(signal);
    const cancel = new CancellationTokenSource();
    const abort = (): void => cancel.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await connection.sendRequest<R>(method, ...params, cancel.token);
    } catch (error) {
      if (signal?.aborted) {
        throw new EngineFailure(this.cancelled());
      }
      if (connection !== this.connection) {
        throw new EngineFailure(this.lost());
      }
      throw new EngineFailure(toFailure(error));
    } finally {
      signal?.removeEventListener('abort', abort);
      cancel.dispose();
    }
  }

  /** The connection, when there is one. @throws EngineFailure when there will be none by waiting */
  private async ready(signal?: AbortSignal): Promise<MessageConnection> {
    if (!signal?.aborted) {
      this.connect();
    }
    for (;;) {
      const { connection } = this;
      const { status } = this._state;
      if (signal?.aborted) {
        throw new EngineFailure(this.cancelled());
      }
      if (this._state.status === 'unavailable') {
        throw new EngineFailure(this._state.failure);
      }
      if (this._isDisposed || status === 'absent' || status === 'reload') {
        throw new EngineFailure(this.lost());
      }
      if (status === 'ready' && connection !== undefined) {
        return connection;
      }
      await this.change(signal);
    }
  }

  /** Settles when the state is another one, or nobody waits for it any more. */
  private change(signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const settle = (): void => {
        this.waiting.delete(settle);
        signal?.removeEventListener('abort', settle);
        resolve();
      };
      this.waiting.add(settle);
      signal?.addEventListener('abort', settle, { once: true });
    });
  }

  private async open(): Promise<void> {
    this.disconnect();
    const attempt = ++this.attempt;
    const isCurrent = (): boolean => attempt === this.attempt;
    // While it is tried again and again, the reason stays in sight.
    if (this._state.status !== 'unavailable') {
      this.setState({ status: 'connecting' });
    }
    let answer: Response;
    try {
      const url = URLExt.join(this.settings.baseUrl, NAMESPACE, 'status');
      answer = await ServerConnection.makeRequest(url, {}, this.settings);
    } catch {
      if (isCurrent()) {
        this.retry(this.serverGone());
      }
      return;
    }
    if (!isCurrent()) {
      return;
    }
    if (answer.status === 404) {
      this.setState({ status: 'absent' });
    } else if (answer.status === 401 || answer.status === 403) {
      this.setState({ status: 'unavailable', failure: this.signedOut() });
    } else if (!answer.ok) {
      this.retry(this.serverGone());
    } else {
      this.openSocket(isCurrent);
    }
  }

  private openSocket(isCurrent: () => boolean): void {
    const { wsUrl, token, appendToken } = this.settings;
    let url = URLExt.join(wsUrl, NAMESPACE, 'engine');
    if (appendToken && token !== '') {
      url += `?token=${encodeURIComponent(token)}`;
    }
    const socket = new this.settings.WebSocket(url);
    this.socket = socket;
    socket.addEventListener('open', () => {
      if (isCurrent()) {
        void this.greet(socket, isCurrent);
      }
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (isCurrent()) {
        this.onClosed(code, reason);
      }
    });
  }

  private async greet(socket: WebSocket, isCurrent: () => boolean): Promise<void> {
    const connection = openConnection(new WebSocketChannel(socket));
    connection.onNotification(jobsChanged, ({ jobs }) => this._jobsChanged.emit(jobs));
    connection.onNotification(jobEvent, ({ id, event }) => this.followers.get(id)?.(event));
    connection.listen();
    try {
      const { engineVersion } = await connection.sendRequest(hello, {
        protocolVersion: PROTOCOL_VERSION
      });
      if (!isCurrent()) {
        connection.dispose();
        return;
      }
      this.connection = connection;
      this.failedAttempts = 0;
      this.setState({ status: 'ready', engineVersion });
    } catch (error) {
      if (!isCurrent()) {
        return;
      }
      if ((error as { code?: unknown } | null)?.code === RELOAD_NEEDED) {
        this.attempt += 1;
        this.disconnect();
        this.setState({ status: 'reload' });
      } else {
        // Most often it is closing already, and its code says more than this error.
        socket.close();
      }
    }
  }

  private onClosed(code: number, reason: string): void {
    if (code === ENGINE_KEEPS_ENDING || code === ENGINE_CANNOT_START) {
      this.retry(this.engineFailed(code, reason), ENGINE_PAUSE_MS);
      return;
    }
    this.retry(this.serverGone());
  }

  /** Tries again later; the first attempts are so close that nobody needs to read a reason. */
  private retry(failure: Failure, waitMs?: number): void {
    this.disconnect();
    const tried = this.failedAttempts++;
    const wait = waitMs ?? RETRY_MS[Math.min(tried, RETRY_MS.length - 1)] ?? 0;
    this.retryTimer = window.setTimeout(() => void this.open(), wait);
    if (waitMs === undefined && tried < 3) {
      this.setState({ status: 'connecting' });
    } else {
      this.setState({ status: 'unavailable', failure, retryAt: Date.now() + wait });
    }
  }

  private disconnect(): void {
    window.clearTimeout(this.retryTimer);
    const { connection, socket } = this;
    this.connection = undefined;
    this.socket = undefined;
    // Rejects what is under way, which nobody answers any more.
    connection?.dispose();
    socket?.close();
  }

  private setState(state: EngineState): void {
    this._state = state;
    this.waiting.forEach(settle => settle());
    this._stateChanged.emit(state);
  }

  private serverGone(): Failure {
    return {
      code: 'SERVER_UNREACHABLE',
      message: this.trans.__('The Jupyter server does not answer.'),
      nextStep: this.trans.__(
        'It is tried again by itself. Jobs go on as long as the machine runs; if it was stopped, start it and reload this page.'
      ),
      kind: 'failed'
    };
  }

  private signedOut(): Failure {
    return {
      code: 'SIGNED_OUT',
      message: this.trans.__('The Jupyter server does not accept this page’s login.'),
      nextStep: this.trans.__('Log in again, then reload this page.'),
      kind: 'failed'
    };
  }

  private engineFailed(code: number, reason: string): Failure {
    return {
      code: code === ENGINE_CANNOT_START ? 'ENGINE_CANNOT_START' : 'ENGINE_KEEPS_ENDING',
      message:
        code === ENGINE_CANNOT_START
          ? this.trans.__('The engine cannot be started: %1', reason)
          : this.trans.__('The engine keeps ending: %1', reason),
      nextStep: this.trans.__(
        'Run “bedrock-import --version” in a terminal, which shows the reason; the server’s log has the engine’s last lines. Jobs that were running go on when it is back.'
      ),
      kind: 'failed'
    };
  }

  private lost(): Failure {
    return {
      code: 'CONNECTION_LOST',
      message: this.trans.__('The connection to the engine was lost.'),
      nextStep: this.trans.__('It is looked for by itself; then try again.'),
      kind: 'failed'
    };
  }

  private cancelled(): Failure {
    return {
      code: 'CANCELLED',
      message: this.trans.__('Cancelled.'),
      nextStep: '',
      kind: 'cancelled'
    };
  }
}
