/** `blocker` stops before anything is changed; a fact about AWS that nobody could verify is at most a `warning`. */
export type Verdict = 'ok' | 'warning' | 'blocker';

/** One finding of a pre-flight check, in the user's words. */
export interface Check {
  /** Stable name, such as `architecture-supported`. */
  id: string;
  verdict: Verdict;
  /** What was found. */
  found: string;
  /** Why it matters. */
  why: string;
  /** Title of the page that says so, with its date where the fact may age. */
  source?: string;
  /** What to do; always present when the verdict is not `ok`. */
  nextStep?: string;
}

/** The worst verdict of a list; `ok` for an empty one. */
export function worstVerdict(checks: readonly Check[]): Verdict {
  if (checks.some(check => check.verdict === 'blocker')) {
    return 'blocker';
  }
  return checks.some(check => check.verdict === 'warning') ? 'warning' : 'ok';
}
