import type { FileRewrite } from '../../engine';
import { COLOURS, heading, html, note, stack, STYLES, View } from '../display';

/** Longer lines are cut: a template is one line of its JSON file. */
const LONGEST = 400;
/** Lines before and after what differs. */
const AROUND = 2;

interface DiffLine {
  mark: ' ' | '-' | '+';
  text: string;
}

/** What a file is on the hub, and what reaches S3 in its place: the lines that differ. */
export function rewriteView(rewrite: FileRewrite): View {
  const { path, summary, before, after } = rewrite;
  const lines = differenceOf(before, after);
  const body = lines.map(({ mark, text }) => {
    const colour = mark === '-' ? COLOURS.blocker : mark === '+' ? COLOURS.ok : COLOURS.faint;
    return html`<span style="color: ${colour};">${`${mark} ${text}\n`}</span>`;
  });
  return stack(
    heading(path),
    note(`${summary}.`),
    new View(
      html`<pre style="${STYLES.code} white-space: pre-wrap; overflow-wrap: anywhere;">
${body}</pre>`,
      lines.map(({ mark, text }) => `${mark} ${text}`).join('\n')
    )
  );
}

/** One place that differs, with what stands around it: a replaced template leaves all else as it was. */
function differenceOf(before = '', after = ''): DiffLine[] {
  const old = before === '' ? [] : before.split('\n');
  const now = after === '' ? [] : after.split('\n');
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < Math.min(old.length, now.length) - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  ) {
    end += 1;
  }
  const marked = (mark: DiffLine['mark'], lines: readonly string[]): DiffLine[] =>
    lines.map(line => ({ mark, text: shortened(line) }));
  return [
    ...marked(' ', old.slice(Math.max(0, start - AROUND), start)),
    ...marked('-', old.slice(start, old.length - end)),
    ...marked('+', now.slice(start, now.length - end)),
    ...marked(' ', old.slice(old.length - end, old.length - end + AROUND))
  ];
}

function shortened(line: string): string {
  return line.length > LONGEST
    ? `${line.slice(0, LONGEST)}… (${line.length - LONGEST} more characters)`
    : line;
}
