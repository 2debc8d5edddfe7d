/** A model's files, wherever they lie. */
export interface ModelFiles {
  list(): Promise<Array<{ path: string; sizeBytes: number }>>;
  /** The bytes `[start, end)`, or the whole file. */
  read(path: string, start?: number, end?: number): Promise<Uint8Array>;
}

export interface ChatMessage {
  role: string;
  content: string;
}

export type GenerateInput = { messages: ChatMessage[] } | { prompt: string };

export interface GenerateOptions {
  maxTokens: number;
  /** 0 or absent: the likeliest token each time. */
  temperature?: number;
  /** Share of the probability from which a token is drawn. @default 1 */
  topP?: number;
  /** Texts that end the answer; they are not part of it. */
  stop?: string[];
  /** Numbers in `[0, 1)`. @default Math.random */
  random?: () => number;
  signal?: AbortSignal;
}

export interface GeneratedPiece {
  /** May be empty: a token can end in the middle of a character. */
  text: string;
  tokenId: number;
  /** On the last piece, and only there: an end token, one of the stop texts, or enough tokens. */
  done?: 'stop' | 'stop_sequence' | 'length';
}

export interface LoadedModel {
  architecture: string;
  /** Number of weights. */
  parameters: number;
  /** Prompt and answer together, in tokens. */
  contextLength: number;
  /**
   * Streams an answer; always at least one piece, the last one with `done`.
   * @throws ModelInputError when the prompt is empty or too long, or has no chat template.
   */
  generate(input: GenerateInput, options: GenerateOptions): AsyncGenerator<GeneratedPiece>;
  /** @throws ModelInputError when there is no chat template or it refuses the messages. */
  renderPrompt(messages: ChatMessage[]): string;
  countTokens(text: string): number;
}

/** The caller's input does not fit the model: what Bedrock answers with a ValidationException. */
export class ModelInputError extends Error {
  override readonly name = 'ModelInputError';
}

/** The model's files do not fit together: what an import job's `failureMessage` says. */
export class ModelFilesError extends Error {
  override readonly name = 'ModelFilesError';
}
