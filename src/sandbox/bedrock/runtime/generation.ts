import { RefusedError } from '../../sigv4';
import type { GeneratedPiece, GenerateInput, GenerateOptions } from '../ports';
import { modelError, validation } from '../refusals';
import type { ModelUse } from './modelHost';

/** What a caller asked for, whatever the format of the request. */
export interface Ask {
  input: GenerateInput;
  options: Omit<GenerateOptions, 'signal'>;
}

/** Why the answer ended, and what it cost. */
export interface AnswerEnd {
  reason: NonNullable<GeneratedPiece['done']>;
  inputTokens: number;
  outputTokens: number;
  /** From the request to the first piece of text, and to the end. */
  firstMs: number;
  totalMs: number;
}

/** One answer on its way. */
export interface Generation {
  readonly inputTokens: number;
  /** The next piece of text, or how the answer ended. @throws RefusedError */
  next(): Promise<{ text: string } | { end: AnswerEnd }>;
  /** Ends it before its end, when nobody reads it any more. */
  readonly cancel: () => Promise<void>;
}

/**
 * Starts an answer and waits for its first piece, so that what refuses the input refuses it while
 * the response can still say so by its status.
 *
 * @throws RefusedError ValidationException for an input that the model cannot take (no chat
 * template, one that refuses the messages, a prompt longer than the context), ModelErrorException.
 * Which of the two the real service has for a template's refusal could not be checked.
 */
export async function startGeneration(
  use: ModelUse,
  ask: Ask,
  signal: AbortSignal
): Promise<Generation> {
  const started = performance.now();
  const { model } = use;
  try {
    const prompt =
      'prompt' in ask.input ? ask.input.prompt : model.renderPrompt(ask.input.messages);
    const inputTokens = model.countTokens(prompt);
    const pieces = model.generate(ask.input, { ...ask.options, signal });
    let ahead: IteratorResult<GeneratedPiece> | undefined = await pieces.next();
    const firstMs = performance.now() - started;
    let outputTokens = 0;
    let reason: AnswerEnd['reason'] = 'stop';
    return {
      inputTokens,
      next: async () => {
        try {
          for (;;) {
            const next: IteratorResult<GeneratedPiece> = ahead ?? (await pieces.next());
            ahead = undefined;
            if (next.done === true) {
              use.end();
              const totalMs = performance.now() - started;
              return { end: { reason, inputTokens, outputTokens, firstMs, totalMs } };
            }
            outputTokens++;
            reason = next.value.done ?? reason;
            // A token can end in the middle of a character; its text comes with the next one.
            if (next.value.text !== '') {
              return { text: next.value.text };
            }
          }
        } catch (error) {
          use.end();
          throw toRefusal(error);
        }
      },
      cancel: async () => {
        use.end();
        await pieces.return(undefined);
      }
    };
  } catch (error) {
    use.end();
    throw toRefusal(error);
  }
}

/** The whole answer at once. */
export async function wholeAnswer(
  generation: Generation
): Promise<{ text: string; end: AnswerEnd }> {
  let text = '';
  for (;;) {
    const next = await generation.next();
    if ('end' in next) {
      return { text, end: next.end };
    }
    text += next.text;
  }
}

function toRefusal(error: unknown): RefusedError {
  if (error instanceof RefusedError) {
    return error;
  }
  const why = error instanceof Error ? error.message : String(error);
  // The inference's name for what is wrong with the input, not with the model.
  return error instanceof Error && error.name === 'ModelInputError'
    ? validation(why)
    : modelError(`The model failed: ${why}`);
}
