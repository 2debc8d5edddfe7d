export type Verdict = 'ok' | 'warning' | 'blocker';

/** One finding of a pre-flight check. */
export interface CheckFinding {
  id: string;
  verdict: Verdict;
  found: string;
  why: string;
  /** Title of the page that says so. */
  source?: string;
  nextStep?: string;
}
