import { Signal } from '@lumino/signaling';
import type { ProgressType, RequestType, RequestType0 } from 'vscode-jsonrpc';

import type { Answer, AnswerNews, Failure, JobEvent, JobFact, Question } from '../../protocol';
import { EngineFailure } from '../connection/failure';
import type { EngineState } from '../connection/state';
import type { IEngine, INewsOptions, IRequestOptions } from '../tokens';

type Handler = (
  params: unknown,
  signal: AbortSignal | undefined,
  onNews: (news: never) => void
) => unknown;

/** An engine whose answers a test sets, and whose requests it can look at. */
export class FakeEngine implements IEngine {
  readonly stateChanged: Signal<IEngine, EngineState> = new Signal(this);
  readonly jobsChanged: Signal<IEngine, JobFact[]> = new Signal(this);
  /** Every request, in order. */
  readonly sent: { method: string; params: unknown }[] = [];
  readonly followed = new Map<string, (event: JobEvent) => void>();
  connects = 0;
  /** Who follows a job no more hears so only when `endFollowing` says it. */
  answersSlowly = false;
  private readonly handlers = new Map<string, Handler>();
  private readonly ends = new Map<string, (end: { lastSeq: number }) => void>();
  private readonly losses = new Map<string, (error: EngineFailure) => void>();
  private followFailure: Failure | undefined;
  private _state: EngineState = { status: 'idle' };

  get state(): EngineState {
    return this._state;
  }

  setState(state: EngineState): void {
    this._state = state;
    this.stateChanged.emit(state);
  }

  becomeReady(): void {
    this.setState({ status: 'ready', engineVersion: '0.0.0' });
  }

  /** Sets what a request is answered with; throwing an `EngineFailure` refuses it. */
  on<P, R>(
    type: RequestType<P, R, Failure>,
    handler: (params: P, signal?: AbortSignal) => R | Promise<R>
  ): this {
    this.handlers.set(type.method, handler as Handler);
    return this;
  }

  /** The same for a request that has news. */
  onWithNews<P, R, N>(
    type: RequestType<P, R, Failure>,
    _news: ProgressType<N>,
    handler: (
      params: P,
      signal: AbortSignal | undefined,
      onNews: (news: N) => void
    ) => R | Promise<R>
  ): this {
    this.handlers.set(type.method, handler as Handler);
    return this;
  }

  onQuery<R>(type: RequestType0<R, Failure>, handler: () => R | Promise<R>): this {
    this.handlers.set(type.method, handler);
    return this;
  }

  /** Ends the request of whoever follows a job. */
  endFollowing(id: string, lastSeq = 0): void {
    this.ends.get(id)?.({ lastSeq });
  }

  /** As when the connection is lost. */
  loseFollowers(): void {
    const losing = [...this.losses.values()];
    this.losses.clear();
    losing.forEach(lose =>
      lose(
        new EngineFailure({
          code: 'CONNECTION_LOST',
          message: 'Lost.',
          nextStep: '',
          kind: 'failed'
        })
      )
    );
  }

  /** From now on nobody can follow a job. */
  failFollowing(failure: Failure): void {
    this.followFailure = failure;
  }

  connect(): void {
    this.connects += 1;
  }

  reconnect(): void {
    this.connects += 1;
  }

  async request<P, R>(
    type: RequestType<P, R, Failure>,
    params: P,
    options: IRequestOptions = {}
  ): Promise<R> {
    return (await this.answer(type.method, params, options.signal)) as R;
  }

  async query<R>(type: RequestType0<R, Failure>, options: IRequestOptions = {}): Promise<R> {
    return (await this.answer(type.method, undefined, options.signal)) as R;
  }

  async requestWithNews<P extends { token?: string }, R, N>(
    type: RequestType<P, R, Failure>,
    params: Omit<P, 'token'>,
    { onNews, signal }: INewsOptions<N>
  ): Promise<R> {
    return (await this.answer(type.method, params, signal, onNews)) as R;
  }

  followJob(
    id: string,
    options: IRequestOptions & { from?: number; onEvent: (event: JobEvent) => void }
  ): Promise<{ lastSeq: number }> {
    this.sent.push({ method: 'jobs/follow', params: { id, from: options.from } });
    if (this.followFailure !== undefined) {
      return Promise.reject(new EngineFailure(this.followFailure));
    }
    this.followed.set(id, options.onEvent);
    return new Promise((resolve, reject) => {
      this.losses.set(id, reject);
      this.ends.set(id, resolve);
      options.signal?.addEventListener('abort', () => {
        if (!this.answersSlowly) {
          reject(cancelled());
        }
      });
    });
  }

  async ask(
    question: Question,
    options: IRequestOptions & { onNews: (news: AnswerNews) => void }
  ): Promise<Answer> {
    return (await this.answer(
      'importedModels/ask',
      { ...question, onNews: options.onNews },
      options.signal
    )) as Answer;
  }

  private async answer(
    method: string,
    params: unknown,
    signal?: AbortSignal,
    onNews: (news: never) => void = () => undefined
  ): Promise<unknown> {
    this.sent.push({ method, params });
    const handler = this.handlers.get(method);
    if (handler === undefined) {
      throw new EngineFailure({
        code: 'NOT_FAKED',
        message: `The test does not answer ${method}.`,
        nextStep: '',
        kind: 'failed'
      });
    }
    return handler(params, signal, onNews);
  }
}

function cancelled(): EngineFailure {
  return new EngineFailure({
    code: 'CANCELLED',
    message: 'Cancelled.',
    nextStep: '',
    kind: 'cancelled'
  });
}
