import { VDomModel } from '@jupyterlab/ui-components';

import { getImportedModel } from '../../protocol';
import type { Answer, AnswerNews, Failure, ImportedModelFact, Question } from '../../protocol';
import { isCancelled, Loader, toFailure } from '../connection';
import type { EngineState, Loaded } from '../connection';
import type { IEngine } from '../tokens';
import { EMPTY_DRAFT, mistakesIn, toQuestion } from './askDraft';
import type { AskDraft, Mistakes } from './askDraft';

/** A wait that the user sees. */
export interface Wait {
  reason: string;
  /** What had passed at `toldAt`. */
  waitedMs: number;
  budgetMs: number;
  /** Time of `Date.now()`. */
  toldAt: number;
}

/** A question and what has come of it so far. Replaced, never changed. */
export interface Turn {
  id: number;
  question: Question;
  status: 'asking' | 'answered' | 'stopped' | 'failed';
  /** Time of `Date.now()`. */
  askedAt: number;
  text: string;
  reasoning: string;
  wait?: Wait;
  answer?: Answer;
  failure?: Failure;
}

export interface AskModelOptions {
  arn: string;
  /** As far as it is known without asking. */
  name?: string;
  /** Says what it costs, before the first question. @returns whether to ask */
  confirm: (known: ImportedModelFact | undefined) => Promise<boolean>;
}

/** Questions to one imported model and their answers, as long as the page lives. */
export class AskModel extends VDomModel {
  readonly arn: string;
  private readonly details = new Loader<ImportedModelFact>(() => this.changed());
  private _turns: readonly Turn[] = [];
  private _draft: AskDraft = EMPTY_DRAFT;
  private lookingUp: Promise<ImportedModelFact | undefined> | undefined;
  private running: AbortController | undefined;
  private confirming = false;
  private confirmed = false;

  constructor(
    private readonly engine: IEngine,
    private readonly options: AskModelOptions
  ) {
    super();
    this.arn = options.arn;
    engine.stateChanged.connect(this.onEngineState, this);
    if (engine.state.status === 'ready') {
      void this.lookUp();
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.engine.stateChanged.disconnect(this.onEngineState, this);
    super.dispose();
    this.running?.abort();
    this.details.clear();
  }

  get engineState(): EngineState {
    return this.engine.state;
  }

  get name(): string {
    return this.details.value?.name ?? this.options.name ?? this.arn;
  }

  get known(): Loaded<ImportedModelFact> {
    return this.details.state;
  }

  get turns(): readonly Turn[] {
    return this._turns;
  }

  get draft(): AskDraft {
    return this._draft;
  }

  get mistakes(): Mistakes {
    return mistakesIn(this._draft);
  }

  get isAsking(): boolean {
    return this.running !== undefined;
  }

  /** Whether what is typed can be asked now. */
  get canAsk(): boolean {
    return (
      !this.isAsking &&
      !this.confirming &&
      this._draft.prompt.trim() !== '' &&
      Object.keys(this.mistakes).length === 0
    );
  }

  change(change: Partial<AskDraft>): void {
    this._draft = { ...this._draft, ...change };
    this.changed();
  }

  /** Asks what is typed, which makes room for the next question. Never rejects. */
  async ask(): Promise<void> {
    if (!this.canAsk) {
      return;
    }
    const question = toQuestion(this.arn, this._draft);
    if (await this.mayAsk()) {
      // Somebody may have typed on behind the dialog.
      if (this._draft.prompt.trim() === question.prompt) {
        this._draft = { ...this._draft, prompt: '' };
      }
      await this.send(question);
    }
  }

  /** Asks a question once more, as it was. Never rejects. */
  async askAgain(turn: Turn): Promise<void> {
    if (!this.isAsking && !this.confirming && (await this.mayAsk())) {
      await this.send(turn.question);
    }
  }

  /** Gives up the question that is being answered; what has come of the answer stays. */
  stop(): void {
    this.running?.abort();
    const turn = this._turns.at(-1);
    if (turn !== undefined) {
      this.end(turn.id, { status: 'stopped' });
    }
  }

  private async mayAsk(): Promise<boolean> {
    if (this.confirmed) {
      return true;
    }
    this.confirming = true;
    this.changed();
    try {
      const known = this.details.value ?? (await this.lookUp());
      this.confirmed = !this.isDisposed && (await this.options.confirm(known));
    } catch {
      // A dialog that could not be shown has agreed to nothing.
    } finally {
      this.confirming = false;
      this.changed();
    }
    return this.confirmed && !this.isDisposed;
  }

  private async send(question: Question): Promise<void> {
    const running = new AbortController();
    const id = this._turns.length;
    this.running = running;
    this._turns = [
      ...this._turns,
      { id, question, status: 'asking', askedAt: Date.now(), text: '', reasoning: '' }
    ];
    this.changed();
    try {
      const answer = await this.engine.ask(question, {
        signal: running.signal,
        onNews: news => this.onNews(id, news)
      });
      const { text, reasoning = '' } = answer;
      this.end(id, { status: 'answered', answer, text, reasoning });
    } catch (error) {
      this.end(
        id,
        isCancelled(error) ? { status: 'stopped' } : { status: 'failed', failure: toFailure(error) }
      );
    }
  }

  private end(id: number, change: Partial<Turn>): void {
    // One that was stopped has ended before the engine says so.
    if (this._turns[id]?.status === 'asking') {
      this.running = undefined;
      this.changeTurn(id, { wait: undefined, ...change });
    }
  }

  private onNews(id: number, news: AnswerNews): void {
    const turn = this._turns[id];
    // What comes after a stop is not shown.
    if (turn?.status !== 'asking') {
      return;
    }
    switch (news.type) {
      case 'text':
        this.changeTurn(id, { text: turn.text + news.text, wait: undefined });
        return;
      case 'reasoning':
        this.changeTurn(id, { reasoning: turn.reasoning + news.text, wait: undefined });
        return;
      case 'wait': {
        const { reason, waitedMs, budgetMs } = news;
        this.changeTurn(id, { wait: { reason, waitedMs, budgetMs, toldAt: Date.now() } });
      }
    }
  }

  private changeTurn(id: number, change: Partial<Turn>): void {
    this._turns = this._turns.map(turn => (turn.id === id ? { ...turn, ...change } : turn));
    this.changed();
  }

  /** Asks what it is and costs; never rejects. */
  private lookUp(): Promise<ImportedModelFact | undefined> {
    if (this.details.state.status !== 'loading' || this.lookingUp === undefined) {
      this.lookingUp = this.details.load(signal =>
        this.engine.request(getImportedModel, { model: this.arn }, { signal })
      );
    }
    return this.lookingUp;
  }

  private changed(): void {
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }

  private onEngineState(_: IEngine, { status }: EngineState): void {
    if (status === 'ready' && this.details.state.status !== 'ready') {
      void this.lookUp();
    }
    this.changed();
  }
}
