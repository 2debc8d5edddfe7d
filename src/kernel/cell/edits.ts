/** A change of a piece of code. */
export interface Edit {
  start: number;
  end: number;
  text: string;
  /** At one place, what closes something comes before what opens the next. */
  closes?: boolean;
}

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
    result += source.slice(at, Math.max(at, start)) + text;
    at = Math.max(at, end);
  }
  return result + source.slice(at);
}

/** Takes a piece away; what follows stays in its place. */
export function blank(source: string, start: number, end: number): Edit {
  return { start, end, text: source.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, ' ') };
}
