import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type { ProgressType, RequestType, RequestType0 } from 'vscode-jsonrpc';

import type { Answer, AnswerNews, Failure, JobEvent, JobFact, Question } from '../protocol';
import type { EngineState } from './connection/state';

export interface IRequestOptions {
  /** Aborting it cancels the request in the engine. */
  signal?: AbortSignal;
}

export interface INewsOptions<N> extends IRequestOptions {
  /** Which kind of news the request has. */
  news: ProgressType<N>;
  onNews: (news: N) => void;
}

/** The engine behind the Jupyter server. Every request that fails throws an `EngineFailure`. */
export interface IEngine {
  readonly state: EngineState;
  readonly stateChanged: ISignal<IEngine, EngineState>;
  /** All jobs, whenever one has come, gone or changed. */
  readonly jobsChanged: ISignal<IEngine, JobFact[]>;

  /** Connects unless it is or does already. Nothing goes over the network before the first call. */
  connect(): void;
  /** Tries again at once. */
  reconnect(): void;

  /** Sends a request when the engine is ready for it. */
  request<P, R>(type: RequestType<P, R, Failure>, params: P, options?: IRequestOptions): Promise<R>;
  /** The same for a request without parameters. */
  query<R>(type: RequestType0<R, Failure>, options?: IRequestOptions): Promise<R>;
  /** Sends a request, and tells what the engine says of it until it is answered. */
  requestWithNews<P extends { token?: string }, R, N>(
    type: RequestType<P, R, Failure>,
    params: Omit<P, 'token'>,
    options: INewsOptions<N>
  ): Promise<R>;
  /** Tells a job's events from a number on until the job rests. Only once for each job at a time. */
  followJob(
    id: string,
    options: IRequestOptions & { from?: number; onEvent: (event: JobEvent) => void }
  ): Promise<{ lastSeq: number }>;
  ask(
    question: Question,
    options: IRequestOptions & { onNews: (news: AnswerNews) => void }
  ): Promise<Answer>;
}

export const IEngine = new Token<IEngine>(
  'jupyterlab-bedrock-import:IEngine',
  'The engine of Bedrock Import: its state and its requests.'
);

/** What the user has set, with the defaults of the schema. */
export interface IPreferences {
  readonly model: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly roleArn: string;
  /** 0: the engine finds it. */
  readonly connections: number;
  readonly keepAwake: boolean;
  readonly firstQuestion: string;
  readonly confirmStart: boolean;
  readonly confirmAsk: boolean;
  readonly notify: boolean;
  readonly changed: ISignal<IPreferences, void>;
  /** Settles when the user's own settings have been read, or cannot be. */
  readonly ready: Promise<void>;
}

export const IPreferences = new Token<IPreferences>(
  'jupyterlab-bedrock-import:IPreferences',
  'The settings of Bedrock Import.'
);

/** The panel in the sidebar, into which each feature puts its section. */
export interface IImportPanel {
  /**
   * Adds a section below those of a lower rank. `share` is its height in relation to the others,
   * until the user changes it. @default 1
   */
  addSection(section: Widget, rank: number, share?: number): void;
  /** Opens the panel, and in it a section. */
  open(sectionId?: string): void;
}

export const IImportPanel = new Token<IImportPanel>(
  'jupyterlab-bedrock-import:IImportPanel',
  'The panel of Bedrock Import in the sidebar.'
);
