import type { Check, Verdict } from '../../engine';
import { checkSummary, printChecks } from '../../engine/cli/text/checkLines';
import { badge, html, note, printed, stack, STYLES, View } from '../display';

const RANKS: Readonly<Record<Verdict, number>> = { blocker: 0, warning: 1, ok: 2 };

/** Checks, the worst first, each with why it matters; those that are not ok say what to do. */
export function checksTable(checks: readonly Check[]): View {
  if (checks.length === 0) {
    return note('No checks.');
  }
  const sorted = [...checks].sort((a, b) => RANKS[a.verdict] - RANKS[b.verdict]);
  const rows = sorted.map(
    ({ verdict, found, why, source, nextStep }) =>
      html`<tr style="${STYLES.row}">
        <td style="${STYLES.cell}">${badge(verdict, verdict).html}</td>
        <td style="${STYLES.cell}">
          <div>${found}</div>
          ${
            verdict !== 'ok' &&
            html`<div style="${STYLES.faint}">
              ${why}${source !== undefined && html` (${source})`}
            </div>`
          }${verdict !== 'ok' && nextStep !== undefined && html`<div><b>Next step:</b> ${nextStep}</div>`}
        </td>
      </tr>`
  );
  const summary = checkSummary(checks);
  return stack(
    new View(
      html`<table style="${STYLES.table}">
          <tbody>
            ${rows}
          </tbody>
        </table>
        <div style="${STYLES.faint}">${summary}</div>`,
      `${printed(to => printChecks(to, sorted))}\n${summary}`
    )
  );
}
