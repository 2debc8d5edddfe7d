import { Check, worstVerdict } from '../../checks';
import type { Printer } from '../output';
import { counted, wrapLines } from './layout';

const INDENT = 9;
const WIDEST_TEXT = 100;

/** Each check with what was found; reason and next step only where something is to be done. */
export function printChecks(to: Printer, checks: readonly Check[]): void {
  const width = Math.min(to.columns, WIDEST_TEXT);
  for (const check of checks) {
    const [first = '', ...rest] = wrapLines(check.found, width - INDENT);
    to.verdict(check.verdict, first);
    to.lines(rest.map(line => ' '.repeat(INDENT) + line));
    if (check.verdict === 'ok') {
      continue;
    }
    to.lines(wrapLines(check.why, width, INDENT));
    if (check.source !== undefined) {
      to.lines(wrapLines(`Source: ${check.source}`, width, INDENT));
    }
    if (check.nextStep !== undefined) {
      to.lines(wrapLines(`Next step: ${check.nextStep}`, width, INDENT));
    }
  }
}

/** Only what is not ok, and how many checks there were: for reviews that show much else. */
export function printConcerns(to: Printer, checks: readonly Check[]): void {
  printChecks(
    to,
    checks.filter(check => check.verdict !== 'ok')
  );
  to.line(checkSummary(checks));
}

/** `7 checks: 5 ok, 1 warning, 1 blocker.` */
export function checkSummary(checks: readonly Check[]): string {
  const count = (verdict: Check['verdict']): number =>
    checks.filter(check => check.verdict === verdict).length;
  const parts = [
    `${count('ok')} ok`,
    counted(count('warning'), 'warning'),
    counted(count('blocker'), 'blocker')
  ];
  return `${counted(checks.length, 'check')}: ${parts.join(', ')}.`;
}

export function blockers(checks: readonly Check[]): Check[] {
  return checks.filter(check => check.verdict === 'blocker');
}

export function isBlocked(checks: readonly Check[]): boolean {
  return worstVerdict(checks) === 'blocker';
}
