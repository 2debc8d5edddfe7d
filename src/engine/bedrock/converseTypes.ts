import type { Clock } from '../aws';
import type { CallOptions, WaitEvent } from './types';

/** What a model may ask for. Its answer names it and gives it arguments; who asked the model runs it. */
export interface ConverseTool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  name: string;
  /** Tells the model when to ask for it. */
  description: string;
  /** JSON schema of its arguments. */
  inputSchema: Readonly<Record<string, unknown>>;
}

/** A model's wish that a tool is run. */
export interface ToolCall {
  /** What the result refers to. */
  id: string;
  name: string;
  /** By the tool's schema, as far as the model keeps to it: nobody has checked it. */
  input: unknown;
}

export interface ToolResult {
  /** Of the call. */
  id: string;
  /** Text, or data that becomes JSON. */
  output: unknown;
  /** The tool has failed, and `output` says why. @default false */
  failed?: boolean;
}

/** One turn of a conversation. Turns of the user and of the model alternate, the user's first and last. */
export type ConverseTurn =
  | { role: 'user'; text: string }
  | { role: 'user'; toolResults: readonly ToolResult[] }
  | { role: 'assistant'; text: string; toolCalls?: readonly ToolCall[] };

export interface ConverseOptions extends CallOptions {
  turns: readonly ConverseTurn[];
  system?: string;
  tools?: readonly ConverseTool[];
  /** @default 512 */
  maxTokens?: number;
  temperature?: number;
  /**
   * How long to wait while Bedrock restores a copy of the model.
   * @default 15 minutes
   */
  readyBudgetMs?: number;
  onWait?: (wait: WaitEvent) => void;
  /** @default systemClock */
  clock?: Clock;
}

export interface ConverseAnswer {
  text: string;
  /** A reasoning model's thoughts, where it sends them apart from the text. */
  reasoning?: string;
  /** Empty when the model asks for no tool. */
  toolCalls: ToolCall[];
  /** The answer as a turn, for the next request. */
  turn: ConverseTurn;
  api: 'Converse' | 'InvokeModel (prompt)';
  /** Such as `end_turn`, `tool_use` or `max_tokens`. */
  stopReason: string;
  inputTokens?: number;
  outputTokens?: number;
  /** Spent waiting for a copy of the model; 0 when one was active. */
  coldStartMs: number;
  /** From the call to the answer. */
  totalMs: number;
}
