/**
 * Makes a script of a cell: V8 evaluates scripts again and again in one scope, where a later cell may
 * declare a name anew, but they have no `import` and no `export`. Lines stay where they are.
 */
import { parse, parseExpressionAt } from 'acorn';
import type { AnyNode, ImportDeclaration, Node, Program } from 'acorn';

/** Names that rewritten cells call; defined on `globalThis` where nobody sees them. */
export const CellName = {
  import: '$$import',
  meta: '$$meta',
  stops: '$$stops',
  stop: '$$stop'
} as const;

interface Edit {
  start: number;
  end: number;
  text: string;
}

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

/**
 * @param code JavaScript
 * @param slot where it is said that the cell has to stop
 * @throws CellSyntaxError
 */
export function rewriteCell(code: string, slot: number): string {
  const edits: Edit[] = [];
  visit(parseCell(code), node => edits.push(...editsFor(node, code, slot)));
  return apply(code, edits);
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

function editsFor(node: AnyNode, source: string, slot: number): Edit[] {
  switch (node.type) {
    case 'ImportDeclaration':
      return [replaced(node, importText(node, source), source)];
    case 'ImportExpression':
      return [{ start: node.start, end: node.start + 'import'.length, text: CellName.import }];
    case 'MetaProperty':
      return node.meta.name === 'import' ? [replaced(node, CellName.meta, source)] : [];
    case 'ExportNamedDeclaration':
      if (node.declaration) {
        return [{ start: node.start, end: node.declaration.start, text: '' }];
      }
      return [replaced(node, node.source ? loaded(node.source.raw) : '', source)];
    case 'ExportAllDeclaration':
      return [replaced(node, loaded(node.source.raw), source)];
    case 'ExportDefaultDeclaration': {
      // Without a name it is only a statement after `export default`.
      const { declaration } = node;
      const isNameless = 'id' in declaration && declaration.id === null;
      return [{ start: node.start, end: declaration.start, text: isNameless ? '0, ' : '' }];
    }
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
      return stoppable(node.body, slot);
    default:
      return [];
  }
}

/** Each round of a loop looks whether the cell has been stopped. */
function stoppable(body: Node, slot: number): Edit[] {
  const look = `if(${CellName.stops}[${slot}])${CellName.stop}();`;
  return body.type === 'BlockStatement'
    ? [{ start: body.start + 1, end: body.start + 1, text: look }]
    : [
        { start: body.start, end: body.start, text: `{${look}` },
        { start: body.end, end: body.end, text: '}' }
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
  const wanted = [
    ...(namespace === undefined ? [] : [`const ${namespace} = ${load}`]),
    ...(names.length === 0 ? [] : [`const { ${names.join(', ')} } = ${load}`])
  ];
  return wanted.length === 0 ? load : wanted.join(' ');
}

/** As many lines as before. */
function replaced(node: Node, text: string, source: string): Edit {
  const lines = source.slice(node.start, node.end).split('\n').length - 1;
  return { start: node.start, end: node.end, text: text + '\n'.repeat(lines) };
}

function apply(source: string, edits: readonly Edit[]): string {
  const ordered = edits
    .map((edit, index) => ({ ...edit, index }))
    // At one place: what opens a body comes in the order of the tree, what closes it the other way round.
    .sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
  let result = '';
  let at = 0;
  for (const { start, end, text } of ordered) {
    result += source.slice(at, start) + text;
    at = Math.max(at, end);
  }
  return result + source.slice(at);
}

function visit(node: Node, see: (node: AnyNode) => void): void {
  see(node as AnyNode);
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) {
        visit(child, see);
      }
    }
  }
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { type?: unknown }).type === 'string' &&
    typeof (value as { start?: unknown }).start === 'number'
  );
}
