/**
 * A cell that awaits becomes a call of an asynchronous function, whose promise the kernel holds itself.
 * V8's inspector could await a script, but Deno breaks down when such a promise is collected because
 * nobody will ever settle it.
 */
import type { Program } from 'acorn';

import { someOutsideFunctions } from './declarations';
import type { Edit } from './edits';

/** The property of the value of such a script that has the promise. */
export const PROMISE_KEY = '$$promise';

/** Around a cell that awaits. */
export const ASYNC_HEAD = `({ ${PROMISE_KEY}: (async () => {`;
export const ASYNC_TAIL = '\n})() })';

/** Whether a cell awaits outside of its functions. Imports do, since they become `await import()`. */
export function awaits(program: Program): boolean {
  return someOutsideFunctions(
    program,
    node =>
      node.type === 'AwaitExpression' ||
      (node.type === 'ForOfStatement' && node.await) ||
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
    const { declaration } = last;
    const isNamed = 'id' in declaration && Boolean(declaration.id);
    return isNamed ? [] : [{ start: declaration.start, end: declaration.start, text: 'return ' }];
  }
  return [];
}
