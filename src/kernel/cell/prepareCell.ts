import type { CellSource } from './failure';
import { isExpression, rewriteCell } from './rewrite';
import { stripTypes } from './stripTypes';

export interface PreparedCell extends CellSource {
  /** For V8, one after another. */
  scripts: string[];
}

/**
 * @throws CellSyntaxError with a line and column of the cell as it was written
 */
export function prepareCell(written: string): PreparedCell {
  // As in a file that is run by its name.
  const code = written.replace(/^#!/, '//');
  // A cell that is nothing but `{ a: 1 }` means the object, as it does in a browser's console.
  const wrapped = /^\s*\{/.test(code) ? strippedExpression(code) : undefined;
  const { code: javaScript, original } = wrapped ?? stripTypes(code);
  const { scripts, shift } = rewriteCell(javaScript);
  const added = shift + (wrapped === undefined ? 0 : 1);
  return {
    code,
    scripts,
    original: (line, column) => original(line, line === 1 ? Math.max(1, column - added) : column)
  };
}

function strippedExpression(code: string): ReturnType<typeof stripTypes> | undefined {
  try {
    const stripped = stripTypes(`(${code}\n)`);
    return isExpression(stripped.code) ? stripped : undefined;
  } catch {
    return undefined;
  }
}
