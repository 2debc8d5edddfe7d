/**
 * Makes a script of a cell: V8 evaluates scripts again and again in one scope, where a later cell may
 * declare a name anew, but they have no `import` and no `export`. Lines stay where they are.
 */
import { parse, parseExpressionAt } from 'acorn';
import type { AnyNode, ImportDeclaration, Node, Program } from 'acorn';

import { ASYNC_HEAD, ASYNC_TAIL, awaits, returnLast } from './asyncCell';
import { isNamedDeclaration, someNode, takeOutDeclarations } from './declarations';
import { applyEdits, blank, blankStatement } from './edits';
import type { FunctionPlace } from './declarations';
import type { Edit } from './edits';

/** Names that rewritten cells call; defined on `globalThis` where nobody sees them. */
export const CellName = {
  import: '$$import',
  meta: '$$meta',
  stops: '$$stops',
  stop: '$$stop'
} as const;

/** A mistake in a cell. Line and column count from 1. */
export class CellSyntaxError extends SyntaxError {
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
    /** The cell ends too early. */
    readonly isIncomplete = false
  ) {
    super(message);
    this.name = 'SyntaxError';
  }
}

export interface Rewritten {
  /** One after another; together they are the cell. */
  scripts: string[];
  /** How many columns further their first lines are than that of the cell. */
  shift: number;
}

/**
 * @param code JavaScript
 * @throws CellSyntaxError
 */
export function rewriteCell(code: string): Rewritten {
  const program = parseCell(code);
  const { names, edits: assignments, functions } = takeOutDeclarations(program, code);
  const isAsync = awaits(program);
  const edits: Edit[] = [...assignments, ...(isAsync ? returnLast(program) : [])];
  someNode(
    program,
    node => {
      edits.push(...editsFor(node, code));
      return false;
    },
    () => true
  );

  const isInFunction = ({ start, end }: Edit): boolean =>
    functions.some(place => place.start < start && end < place.end);
  const body = applyEdits(code, [
    ...edits.filter(edit => !isInFunction(edit)),
    ...functions.map(({ start, end }) => blankStatement(code, start, end))
  ]);
  const shift = isAsync ? ASYNC_HEAD.length : 0;
  return {
    scripts: [
      ...(names.length === 0 ? [] : [`let ${names.join(', ')};`]),
      // Before all else, as functions may be called before their declaration.
      ...(functions.length === 0
        ? []
        : [' '.repeat(shift) + functionsOnly(code, functions, edits.filter(isInFunction))]),
      isAsync ? ASYNC_HEAD + body + ASYNC_TAIL : body
    ],
    shift
  };
}

/** The functions of a cell as assignments, each in its place, and nothing else. */
function functionsOnly(code: string, functions: FunctionPlace[], inThem: Edit[]): string {
  const between = [{ end: 0 }, ...functions].map(({ end }, index) =>
    blank(code, end, functions[index]?.start ?? code.length)
  );
  return applyEdits(code, [...functions.flatMap(({ edits }) => edits), ...inThem, ...between]);
}

/** @throws CellSyntaxError */
export function parseCell(code: string): Program {
  try {
    return parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowAwaitOutsideFunction: true,
      allowHashBang: true
    });
  } catch (thrown) {
    throw toCellSyntaxError(thrown, code);
  }
}

function toCellSyntaxError(thrown: unknown, code: string): unknown {
  if (!(thrown instanceof SyntaxError) || !('loc' in thrown)) {
    return thrown;
  }
  const { loc, raisedAt } = thrown as SyntaxError & {
    loc: { line: number; column: number };
    raisedAt: number;
  };
  const message = thrown.message.replace(/ \(\d+:\d+\)$/, '');
  const isIncomplete =
    raisedAt >= code.trimEnd().length || /^Unterminated (template|comment)/.test(message);
  return new CellSyntaxError(message, loc.line, loc.column + 1, isIncomplete);
}

/** Whether code is one expression and nothing else. */
export function isExpression(code: string): boolean {
  try {
    const { end } = parseExpressionAt(code, 0, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowAwaitOutsideFunction: true
    });
    // Brackets around it belong to nobody.
    return /^[\s)]*$/.test(code.slice(end));
  } catch {
    return false;
  }
}

const EXPORT_DEFAULT = /^export(?:\s|\/\*[^]*?\*\/|\/\/.*)*default/;

function editsFor(node: AnyNode, source: string): Edit[] {
  switch (node.type) {
    case 'ImportDeclaration':
      return [replaced(node, importText(node, source))];
    case 'ImportExpression':
      return [{ start: node.start, end: node.start + 'import'.length, text: CellName.import }];
    case 'MetaProperty':
      return node.meta.name === 'import' ? [replaced(node, CellName.meta)] : [];
    case 'ExportNamedDeclaration':
      if (node.declaration) {
        return [{ start: node.start, end: node.declaration.start, text: '' }];
      }
      return [replaced(node, node.source ? loaded(node.source.raw) : ';')];
    case 'ExportAllDeclaration':
      return [replaced(node, loaded(node.source.raw))];
    case 'ExportDefaultDeclaration': {
      // Alone, an object would be a block, and what has no name no declaration.
      const text = isNamedDeclaration(node.declaration) ? '' : '0,';
      const [keywords = ''] = EXPORT_DEFAULT.exec(source.slice(node.start)) ?? [];
      return [
        { start: node.start, end: node.start + keywords.length, text },
        { start: node.end, end: node.end, text: ';', closes: true }
      ];
    }
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
      return stoppable(node.body);
    default:
      return [];
  }
}

/** Cheap as long as no cell has been stopped; else it is looked whether it is the one that runs. */
const look = `if(${CellName.stops}[0])${CellName.stop}();`;

/** Each round of a loop looks whether its cell has been stopped. */
function stoppable(body: Node): Edit[] {
  return body.type === 'BlockStatement'
    ? [{ start: body.start + 1, end: body.start + 1, text: look }]
    : [
        { start: body.start, end: body.start, text: `{${look}` },
        { start: body.end, end: body.end, text: '}', closes: true }
      ];
}

function loaded(specifier: string | undefined, attributes = ''): string {
  return `await ${CellName.import}(${specifier ?? ''}${attributes});`;
}

function importText(node: ImportDeclaration, source: string): string {
  const names: string[] = [];
  let namespace: string | undefined;
  for (const specifier of node.specifiers) {
    const local = specifier.local.name;
    if (specifier.type === 'ImportNamespaceSpecifier') {
      namespace = local;
    } else if (specifier.type === 'ImportDefaultSpecifier') {
      names.push(`default: ${local}`);
    } else {
      const { imported } = specifier;
      names.push(`${source.slice(imported.start, imported.end)}: ${local}`);
    }
  }
  const attributes = node.attributes
    .map(({ key, value }) => `${source.slice(key.start, key.end)}: ${value.raw ?? ''}`)
    .join(', ');
  const options = attributes === '' ? '' : `, { with: { ${attributes} } }`;
  const load = loaded(node.source.raw, options);
  // The names are declared outside of the function that the cell becomes.
  const wanted = [
    ...(namespace === undefined ? [] : [`${namespace} = ${load}`]),
    ...(names.length === 0 ? [] : [`;({ ${names.join(', ')} } = ${load.slice(0, -1)});`])
  ];
  return wanted.length === 0 ? load : wanted.join(' ');
}

function replaced({ start, end }: Node, text: string): Edit {
  return { start, end, text };
}
