import type { Question } from '../../protocol';

/** What is typed, as it is typed. */
export interface AskDraft {
  prompt: string;
  system: string;
  maxTokens: string;
  temperature: string;
}

export const EMPTY_DRAFT: AskDraft = { prompt: '', system: '', maxTokens: '', temperature: '' };

/** What the engine takes when nothing is typed. */
export const DEFAULT_MAX_TOKENS = 512;

/** That of the OpenAI chat body; Converse takes up to 1 and says so itself. */
export const HIGHEST_TEMPERATURE = 2;

export type Mistakes = Partial<Record<'maxTokens' | 'temperature', true>>;

export function mistakesIn({ maxTokens, temperature }: AskDraft): Mistakes {
  const mistakes: Mistakes = {};
  const tokens = Number(maxTokens);
  if (maxTokens.trim() !== '' && !(Number.isSafeInteger(tokens) && tokens >= 1)) {
    mistakes.maxTokens = true;
  }
  const degree = Number(temperature);
  if (temperature.trim() !== '' && !(degree >= 0 && degree <= HIGHEST_TEMPERATURE)) {
    mistakes.temperature = true;
  }
  return mistakes;
}

/** What is left empty is the engine's to choose. */
export function toQuestion(
  model: string,
  { prompt, system, maxTokens, temperature }: AskDraft
): Question {
  return {
    model,
    prompt: prompt.trim(),
    ...(system.trim() === '' ? {} : { system: system.trim() }),
    ...(maxTokens.trim() === '' ? {} : { maxTokens: Number(maxTokens) }),
    ...(temperature.trim() === '' ? {} : { temperature: Number(temperature) })
  };
}
