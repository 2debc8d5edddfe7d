/** A change of a piece of code. */
export interface Edit {
  start: number;
  end: number;
  text: string;
  /** At one place, what closes something comes before what opens the next. */
  closes?: boolean;
}

/** Lines stay where they are: what is replaced leaves its line ends. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const ordered = edits
    .map((edit, index) => ({ ...edit, index }))
    .sort(
      (a, b) =>
        a.start - b.start ||
        Number(b.closes ?? false) - Number(a.closes ?? false) ||
        // What is inserted before what is replaced; else in the order of the tree.
        Number(a.end > a.start) - Number(b.end > b.start) ||
        a.index - b.index
    );
  let result = '';
  let at = 0;
  for (const { start, end, text } of ordered) {
    const from = Math.max(at, start);
    const gone = lineEnds(source.slice(from, end)) - lineEnds(text);
    result += source.slice(at, from) + text + '\n'.repeat(Math.max(0, gone));
    at = Math.max(at, end);
  }
  return result + source.slice(at);
}

function lineEnds(text: string): number {
  return text.split('\n').length - 1;
}

/** Takes a piece away; what follows stays in its place. */
export function blank(source: string, start: number, end: number): Edit {
  return { start, end, text: source.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, ' ') };
}

/** Takes a statement away; the one before it still ends there. */
export function blankStatement(source: string, start: number, end: number): Edit {
  return { start, end, text: `${blank(source, start, end - 1).text};` };
}
