/** A model that Bedrock has. */
export interface ImportedModelFact {
  arn: string;
  name: string;
  /** ISO time. */
  createdAt?: string;
  architecture?: string;
  instructSupported?: boolean;
  jobName?: string;
  s3Uri?: string;
  /** Custom Model Units that one active copy is billed as. */
  unitsPerCopy?: number;
  unitsVersion?: string;
}

export interface Question {
  /** ARN or name. */
  model: string;
  prompt: string;
  system?: string;
  maxTokens?: number;
  temperature?: number;
}

export interface Answer {
  text: string;
  reasoning?: string;
  api: string;
  inputTokens?: number;
  outputTokens?: number;
  stopReason?: string;
  coldStartMs: number;
  firstTextMs: number;
  totalMs: number;
  /** Why Converse was not used. */
  fallbackReason?: string;
}

/** While a question is answered. */
export type AnswerNews =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'wait'; reason: string; waitedMs: number; budgetMs: number };
