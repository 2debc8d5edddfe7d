import { neutralise, neutraliseBlock } from '../../engine/cli/text/plainText';
import type { Printer } from '../../engine/cli/output';

const COLUMNS = 100;

/** What the command would print on a terminal of 100 columns, as one text without colours. */
export function printed(print: (to: Printer) => void): string {
  let text = '';
  const line = (added = ''): void => {
    text += `${neutralise(added)}\n`;
  };
  print({
    isTerminal: false,
    columns: COLUMNS,
    rows: 1,
    line,
    lines: added => added.forEach(each => line(each)),
    verdict: (verdict, found) => line(`${verdict.padEnd('blocker'.length)}  ${found}`),
    block: added => {
      text += neutraliseBlock(added);
    },
    steer: () => undefined
  });
  return text.trimEnd();
}
