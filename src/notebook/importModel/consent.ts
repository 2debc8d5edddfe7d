import { requireYes, show } from '../display';
import type { View } from '../display';
import type { NotebookSession } from '../session';

export interface Consent {
  session: NotebookSession;
  /** Given in the call itself, or by having looked at the review in a cell of its own. */
  given: boolean;
  /** What will be done, created and billed. */
  view: () => View;
  question: string;
  subject: string;
}

/**
 * Nothing is billed that the user has not seen: shows it and asks. The sandbox bills nothing.
 *
 * @throws BedrockImportError `NOT_CONFIRMED`
 */
export async function requireConsent(consent: Consent): Promise<void> {
  const { session, given, view, question, subject } = consent;
  if (given || session.where === 'sandbox') {
    return;
  }
  await show(view());
  await requireYes({
    agreed: false,
    question,
    message: 'Nothing was started.',
    subject,
    nextStep:
      'Look at what is shown above and answer Yes, or call this with { confirm: true } where nobody can be asked.'
  });
}
