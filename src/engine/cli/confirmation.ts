import { BedrockImportError } from '../errors';
import { usageError } from './exitCodes';
import type { Session } from './session';

export interface ConfirmationRequest {
  /** `--yes` was given. */
  yes: boolean;
  question: string;
  /** What needs the confirmation, as the start of a sentence. */
  what: string;
}

/**
 * Asks before something is changed or billed, after the caller has shown what exactly.
 * @returns why not to go on, or nothing when it is confirmed: `CONFIRMATION_REQUIRED` (usage) when
 * there is nobody to ask, `NOT_CONFIRMED` (failed) when the answer was not Yes.
 */
export async function requireConfirmation(
  session: Session,
  request: ConfirmationRequest
): Promise<BedrockImportError | undefined> {
  if (request.yes) {
    return undefined;
  }
  if (!session.canAsk) {
    return usageError({
      code: 'CONFIRMATION_REQUIRED',
      message: `${request.what} needs a confirmation, and there is no terminal to ask on. Nothing was changed.`,
      nextStep: 'Read what would happen, then run the same command with --yes.'
    });
  }
  session.progress.clear();
  if (await session.confirm(request.question)) {
    return undefined;
  }
  return new BedrockImportError({
    code: 'NOT_CONFIRMED',
    message: 'Nothing was changed.',
    nextStep: 'Run the command again and answer y when you want it to go on.'
  });
}
