import module from 'node:module';

import { CellSyntaxError } from './rewrite';

export interface Stripped {
  /** JavaScript. */
  code: string;
  /** A line and column of it, from 1, in the cell as it was written; identity unless code was moved. */
  original: (line: number, column: number) => { line: number; column: number };
}

/** Not in the types of the oldest Node that builds this; it runs in Deno alone. */
const { stripTypeScriptTypes } = module as unknown as {
  stripTypeScriptTypes: (
    code: string,
    options: { mode: 'strip' | 'transform'; sourceMap?: boolean }
  ) => string;
};

const UNMOVED: Stripped['original'] = (line, column) => ({ line, column });

/**
 * Takes the types out of a cell. They become spaces, so that everything stays in its place; enums and
 * namespaces, which are code, are rewritten.
 *
 * @throws CellSyntaxError
 */
export function stripTypes(code: string): Stripped {
  try {
    if (!LEFT_BY_STRIP.test(code)) {
      const stripped = stripTypeScriptTypes(code, { mode: 'strip' });
      return { code: keepSemicolons(code, stripped), original: UNMOVED };
    }
  } catch {
    // Either code that has to be rewritten, or a mistake, of which the other mode tells more.
  }
  try {
    const rewritten = stripTypeScriptTypes(code + useOf(importedNames(code)), {
      mode: 'transform',
      sourceMap: true
    }).replace(USE, '');
    const [, map] = /\n\/\/# sourceMappingURL=data:[^,]*,(.*)\s*$/.exec(rewritten) ?? [];
    return { code: rewritten, original: map === undefined ? UNMOVED : positionsOf(map) };
  } catch (thrown) {
    throw toSyntaxError(thrown, code);
  }
}

/** The only cast in angle brackets that is not refused, and yet stays. */
const LEFT_BY_STRIP = /<\s*const\s*>/;

/** The semicolon of `type A = string` may stand before the next line, which must not go on with the last. */
function keepSemicolons(code: string, stripped: string): string {
  if (!/^\s*;/m.test(code)) {
    return stripped;
  }
  const lines = stripped.split('\n');
  code.split('\n').forEach((line, index) => {
    const [before] = /^\s*(?=;\s*[[(`/+-])/.exec(line) ?? [];
    const text = lines[index];
    if (before !== undefined && text?.[before.length] === ' ') {
      lines[index] = `${before};${text.slice(before.length + 1)}`;
    }
  });
  return lines.join('\n');
}

const IMPORT = /(?:^|;)\s*(?:export\s+)?import\s+(?!type\s)([^'"`;=()]+?)(?:\s*\bfrom\b|\s*=)/gm;

/** What is imported by a cell that does not use it would be taken for a type, but a later cell may. */
function importedNames(code: string): string[] {
  return [...code.matchAll(IMPORT)]
    .flatMap(([, clause = '']) => clause.split(/[{},]/))
    .filter(part => !/^\s*type\s/.test(part))
    .flatMap(part => /[\p{ID_Start}$_][\p{ID_Continue}$]*\s*$/u.exec(part)?.[0].trim() ?? []);
}

/** The last one; a cell may print the same. */
const USE = /\$\$use\([^)]*\);\s*(?=\n\/\/# sourceMappingURL=[^\n]*\s*$)/;

function useOf(names: readonly string[]): string {
  return names.length === 0 ? '' : `\n;$$use(${names.join(', ')});`;
}

/** The message has the place at its end; a frame of the code, which is shown anyway, and a stack follow. */
function toSyntaxError(thrown: unknown, code: string): CellSyntaxError {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const [line = 1, column = 1] = (/ at file:\/\/\/\S*?:(\d+):(\d+)/.exec(text) ?? [])
    .slice(1)
    .map(Number);
  const [first = text] = text
    .replace(/^SyntaxError: /, '')
    .replace(/ at file:\/\/\/\S*:\d+:\d+/, '')
    .split('\n');
  const isEnd = /<eof>|Unterminated (template|block)/.test(first);
  const lastLine = code.trimEnd().split('\n').length;
  return new CellSyntaxError(first, line, column, isEnd && line >= lastLine);
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Numbers of a source map: base 64, the lowest bit of all is the sign ("Source map format", ECMA-426). */
function* vlq(segment: string): Generator<number> {
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = BASE64.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) === 0) {
      yield value & 1 ? -(value >>> 1) : value >>> 1;
      value = 0;
      shift = 0;
    }
  }
}

function positionsOf(base64: string): Stripped['original'] {
  const { mappings } = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as {
    mappings: string;
  };
  let [line, column] = [0, 0];
  const lines = mappings.split(';').map(text => {
    let at = 0;
    return text.split(',').flatMap(segment => {
      const [moved = 0, , lineMoved = 0, columnMoved = 0] = [...vlq(segment)];
      if (segment === '') {
        return [];
      }
      at += moved;
      line += lineMoved;
      column += columnMoved;
      return [{ at, line, column }];
    });
  });
  return (wantedLine, wantedColumn) => {
    const found = lines[wantedLine - 1]?.filter(({ at }) => at <= wantedColumn - 1).at(-1);
    return found === undefined
      ? { line: wantedLine, column: wantedColumn }
      : { line: found.line + 1, column: found.column + 1 };
  };
}
