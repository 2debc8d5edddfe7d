/** Completions from what is there: declared names, and properties of objects that cells have made. */
import type { Evaluator } from './evaluator';

export interface Completion {
  matches: string[];
  /** Where they begin and end, in UTF-16 units of the code. */
  start: number;
  end: number;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
/** `a.b["c"].d` with what has been typed of the last name. */
const MEMBER =
  /((?:[\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\??\.[\p{ID_Start}$_][\p{ID_Continue}$]*|\[(?:\d+|'[^'\\]*'|"[^"\\]*")\])*)\??\.([\p{ID_Continue}$]*)$/u;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const KEYWORDS = [
  ...[
    'async',
    'await',
    'break',
    'case',
    'catch',
    'class',
    'const',
    'continue',
    'default',
    'delete'
  ],
  ...[
    'do',
    'else',
    'enum',
    'export',
    'extends',
    'false',
    'finally',
    'for',
    'from',
    'function',
    'if'
  ],
  ...['import', 'in', 'instanceof', 'interface', 'let', 'new', 'null', 'of', 'return', 'satisfies'],
  ...['static', 'super', 'switch', 'this', 'throw', 'true', 'try', 'type', 'typeof', 'undefined'],
  ...['var', 'void', 'while', 'yield']
];

export async function complete(
  evaluator: Evaluator,
  code: string,
  cursor: number
): Promise<Completion> {
  const before = code.slice(0, cursor);
  const member = MEMBER.exec(before);
  if (member !== null) {
    const [, object = '', typed = ''] = member;
    const value = await evaluator.peek(object);
    return matching(propertyNames(value), typed, cursor);
  }
  // A number with a point, or a member of something that would have to be computed.
  if (/[\d)\]'"`]\??\.[\p{ID_Continue}$]*$/u.test(before)) {
    return { matches: [], start: cursor, end: cursor };
  }
  const typed = NAME.exec(before)?.[0] ?? '';
  const names = [
    ...(await evaluator.declaredNames()),
    ...Object.getOwnPropertyNames(globalThis),
    ...KEYWORDS
  ];
  return matching(names, typed, cursor);
}

function matching(names: readonly string[], typed: string, cursor: number): Completion {
  const matches = [...new Set(names)].filter(
    name => name.startsWith(typed) && !name.startsWith('$$') && IDENTIFIER.test(name)
  );
  return { matches, start: cursor - typed.length, end: cursor };
}

/** Own ones first, then those of its prototypes. */
export function propertyNames(value: unknown): string[] {
  const names: string[] = [];
  for (
    let object: unknown = value === null || value === undefined ? null : Object(value);
    object !== null && names.length < 2_000;
    object = Object.getPrototypeOf(object)
  ) {
    names.push(...Object.getOwnPropertyNames(object));
  }
  return names;
}
