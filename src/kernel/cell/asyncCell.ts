/**
 * A cell that awaits becomes a call of an asynchronous function, whose promise the kernel holds itself.
 * V8's inspector could await a script, but Deno breaks down when such a promise is collected because
 * nobody will ever settle it.
 */
import type { Program } from 'acorn';

import { isNamedDeclaration, someOutsideFunctions } from './declarations';
import type { Edit } from './edits';

/** The property of the value of such a script that has the promise. */
export const PROMISE_KEY = '$$promise';

/** Around a cell that awaits. */
export const ASYNC_HEAD = `({ ${PROMISE_KEY}: (async () => {`;
export const ASYNC_TAIL = '\n})() })';

/**
 * Whether a cell awaits outside of its functions. Imports do, since they become `await import()`, and
 * `using`, which needs a function that ends.
 */
export function awaits(program: Program): boolean {
  return someOutsideFunctions(
    program,
    (node, parent) =>
      node.type === 'AwaitExpression' ||
      (node.type === 'ForOfStatement' && node.await) ||
      (node.type === 'VariableDeclaration' &&
        (node.kind === 'await using' || (node.kind === 'using' && parent?.type === 'Program'))) ||
      node.type === 'ImportDeclaration' ||
      node.type === 'ExportAllDeclaration' ||
      (node.type === 'ExportNamedDeclaration' && Boolean(node.source))
  );
}

/** Gives the function the value of the last statement. */
export function returnLast({ body }: Program): Edit[] {
  const last = body.at(-1);
  if (last?.type === 'ExpressionStatement') {
    const { end } = last.expression;
    return [
      { start: last.start, end: last.start, text: 'return (' },
      { start: end, end, text: ')', closes: true }
    ];
  }
  if (last?.type === 'ExportDefaultDeclaration') {
    return isNamedDeclaration(last.declaration)
      ? []
      : [{ start: last.start, end: last.start, text: 'return ' }];
  }
  return [];
}
