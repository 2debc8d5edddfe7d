/**
 * Whatever a cell declares can be declared anew by a later one, as anything: V8 allows that for `let`
 * alone, so that all else becomes it. Declarations are taken out of their statements, which only assign.
 */
import type { AnyNode, Node, Pattern, Program, VariableDeclaration } from 'acorn';

import type { Edit } from './edits';

export interface Declarations {
  names: string[];
  edits: Edit[];
  /** Function declarations of the cell, which come before all else. */
  functions: FunctionPlace[];
}

export interface FunctionPlace {
  start: number;
  end: number;
  /** Makes an assignment of it. */
  edits: Edit[];
}

export function takeOutDeclarations(program: Program, source: string): Declarations {
  const names = new Set<string>();
  const functions: FunctionPlace[] = [];
  const edits: Edit[] = [];
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') {
      statement.specifiers.forEach(({ local }) => names.add(local.name));
      continue;
    }
    const declared = declarationOf(statement);
    if (declared.type === 'FunctionDeclaration' && declared.id) {
      names.add(declared.id.name);
      functions.push(functionPlace(declared, declared.id, source));
    } else if (declared.type === 'ClassDeclaration' && declared.id) {
      names.add(declared.id.name);
      edits.push(
        { start: declared.start, end: declared.start, text: `void (${declared.id.name} = ` },
        { start: declared.end, end: declared.end, text: ');', closes: true }
      );
    } else if (declared.type === 'VariableDeclaration') {
      edits.push(...assigned(declared, names, source));
    } else {
      edits.push(...assignedVars(declared, names, source));
    }
  }
  return { names: [...names], edits, functions };
}

function declarationOf(statement: Program['body'][number]): AnyNode {
  if (statement.type === 'ExportNamedDeclaration' && statement.declaration) {
    return statement.declaration;
  }
  return statement.type === 'ExportDefaultDeclaration' ? statement.declaration : statement;
}

/** Of what may stand after `export default`: a declaration, which is no value. */
export function isNamedDeclaration(node: Node): boolean {
  return /^(Function|Class)Declaration$/.test(node.type) && Boolean((node as { id?: unknown }).id);
}

/** `async function* name() {}` becomes `name=async function* () {};`. */
function functionPlace(node: Node, id: Node, source: string): FunctionPlace {
  const name = source.slice(id.start, id.end);
  return {
    start: node.start,
    end: node.end,
    edits: [
      { start: node.start, end: node.start, text: `${name}=` },
      { start: id.start, end: id.end, text: '' },
      { start: node.end, end: node.end, text: ';', closes: true }
    ]
  };
}

/**
 * `const a = 1, { b } = c;` becomes `void (a = 1, { b } = c);`. What is only used by a cell is disposed
 * of at its end, under a second name.
 */
function assigned(node: VariableDeclaration, names: Set<string>, source: string): Edit[] {
  const [first] = node.declarations;
  const last = node.declarations.at(-1);
  if (first === undefined || last === undefined) {
    return [];
  }
  const declared = node.declarations.flatMap(({ id }) => namesOf(id));
  declared.forEach(name => names.add(name));
  const used = node.kind.endsWith('using')
    ? `;${node.kind} ${declared.map(name => `$$using$${name} = ${name}`).join(', ')}`
    : '';
  // A second semicolon would end an `if` before its `else`.
  const end = source[node.end - 1] === ';' ? '' : ';';
  return [
    { start: node.start, end: first.start, text: 'void (' },
    { start: last.end, end: last.end, text: `)${used}${end}`, closes: true }
  ];
}

/** `var` in blocks and loops of the cell belongs to the cell. */
function assignedVars(statement: Node, names: Set<string>, source: string): Edit[] {
  const edits: Edit[] = [];
  someOutsideFunctions(statement, (node, parent) => {
    if (node.type === 'VariableDeclaration' && node.kind === 'var') {
      if (isLoopHead(node, parent)) {
        node.declarations.forEach(({ id }) => namesOf(id).forEach(name => names.add(name)));
        edits.push({ start: node.start, end: node.declarations[0]?.start ?? node.end, text: '' });
      } else {
        edits.push(...assigned(node, names, source));
      }
    }
    return false;
  });
  return edits;
}

function isLoopHead(node: Node, parent: AnyNode | undefined): boolean {
  return (
    (parent?.type === 'ForStatement' && parent.init === node) ||
    ((parent?.type === 'ForInStatement' || parent?.type === 'ForOfStatement') &&
      parent.left === node)
  );
}

function namesOf(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap(property =>
        namesOf(property.type === 'RestElement' ? property.argument : property.value)
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap(element => (element === null ? [] : namesOf(element)));
    case 'RestElement':
      return namesOf(pattern.argument);
    case 'AssignmentPattern':
      return namesOf(pattern.left);
    case 'MemberExpression':
      return [];
  }
}

/** Whether something holds for a node that is not inside of a function or a class. */
export function someOutsideFunctions(
  root: Node,
  holds: (node: AnyNode, parent?: AnyNode) => boolean
): boolean {
  return someNode(root, holds, ({ type }) => !/Function|PropertyDefinition|StaticBlock/.test(type));
}

/** In the order of the code. Without recursion: a long sum is a deep tree. */
export function someNode(
  root: Node,
  holds: (node: AnyNode, parent?: AnyNode) => boolean,
  enters: (node: AnyNode) => boolean
): boolean {
  const open: { node: AnyNode; parent?: AnyNode }[] = [{ node: root as AnyNode }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, parent } = next;
    if (holds(node, parent)) {
      return true;
    }
    if (enters(node)) {
      for (const child of childrenOf(node).reverse()) {
        open.push({ node: child as AnyNode, parent: node });
      }
    }
  }
  return false;
}

function childrenOf(node: Node): Node[] {
  return (Object.values(node) as unknown[]).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { type?: unknown }).type === 'string' &&
    typeof (value as { start?: unknown }).start === 'number'
  );
}
