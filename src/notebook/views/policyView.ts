import type { PolicyDocument } from '../../engine';
import { html, STYLES, View } from '../display';
import type { SafeHtml } from '../display';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const TOKEN_COLOURS = {
  key: 'var(--jp-mirror-editor-property-color, #0550ae)',
  string: 'var(--jp-mirror-editor-string-color, #ba2121)',
  word: 'var(--jp-mirror-editor-keyword-color, #008000)',
  number: 'var(--jp-mirror-editor-number-color, #080)'
} as const;

/** A policy, or any other JSON, with its parts in the colours of the editor. */
export function policyView(document: PolicyDocument | object): View {
  const text = JSON.stringify(document, null, 2);
  return new View(html`<pre style="${STYLES.code}">${coloured(text)}</pre>`, text);
}

function coloured(text: string): SafeHtml[] {
  const parts: SafeHtml[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match;
    parts.push(html(text.slice(end, match.index)));
    if (string !== undefined) {
      parts.push(span(colon === undefined ? 'string' : 'key', string), html(colon ?? ''));
    } else {
      parts.push(span(word === undefined ? 'number' : 'word', whole));
    }
    end = match.index + whole.length;
  }
  parts.push(html(text.slice(end)));
  return parts;
}

function span(kind: keyof typeof TOKEN_COLOURS, text: string): SafeHtml {
  return html`<span style="color: ${TOKEN_COLOURS[kind]};">${text}</span>`;
}
