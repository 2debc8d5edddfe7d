import { BedrockImportError } from '../../engine';
import { askToConfirm } from './jupyter';

export interface YesRequest {
  /** Nobody need be asked. */
  agreed: boolean;
  question: string;
  /** What has not happened without a Yes. */
  message: string;
  subject?: string;
  nextStep: string;
}

/**
 * Goes on after a Yes only.
 *
 * @throws BedrockImportError `NOT_CONFIRMED`
 */
export async function requireYes(request: YesRequest): Promise<void> {
  const { agreed, question, message, subject, nextStep } = request;
  if (!agreed && !(await askToConfirm(question))) {
    throw new BedrockImportError({
      code: 'NOT_CONFIRMED',
      message,
      subject,
      nextStep,
      kind: 'cancelled'
    });
  }
}
