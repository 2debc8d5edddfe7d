import { fieldLines, tableLines } from '../../engine/cli/text/layout';
import { View } from './bundle';
import { html, SafeHtml } from './safeHtml';
import { COLOURS, STYLES } from './styles';
import type { Tone } from './styles';

/** Text, or something that has its own markup and its own words. */
export type Cell = string | number | View | undefined;

export interface TableOptions {
  head?: readonly string[];
  /** Of each column; numbers are read best on the right. @default left */
  columns?: ReadonlyArray<'left' | 'right'>;
  /** Said instead of a table without rows. */
  empty?: string;
}

/** Rows under an optional head. Cells are text unless they are views. */
export function table(rows: ReadonlyArray<readonly Cell[]>, options: TableOptions = {}): View {
  if (rows.length === 0 && options.empty !== undefined) {
    return note(options.empty);
  }
  const { head, columns } = options;
  const align = (style: string, column: number): string =>
    columns?.[column] === 'right' ? `${style} text-align: right; white-space: nowrap;` : style;
  const headRow =
    head &&
    html`<thead>
      <tr style="${STYLES.row}">
        ${head.map(
          (title, column) => html`<th style="${align(STYLES.head, column)}">${title}</th>`
        )}
      </tr>
    </thead>`;
  const body = rows.map(
    row =>
      html`<tr style="${STYLES.row}">
        ${row.map(
          (cell, column) => html`<td style="${align(STYLES.cell, column)}">${markupOf(cell)}</td>`
        )}
      </tr>`
  );
  return new View(
    html`<table style="${STYLES.table}">
      ${headRow}
      <tbody>
        ${body}
      </tbody>
    </table>`,
    tableLines(
      rows.map(row => row.map(textOf)),
      { ...(head === undefined ? {} : { head }), ...(columns === undefined ? {} : { columns }) }
    ).join('\n')
  );
}

/** Labels and what belongs to them; those without a value are left out. */
export function keyValues(fields: ReadonlyArray<readonly [label: string, value: Cell]>): View {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '');
  return new View(
    html`<table style="${STYLES.table}">
      <tbody>
        ${shown.map(
          ([label, value]) =>
            html`<tr style="${STYLES.row}">
              <th style="${STYLES.label}" scope="row">${label}</th>
              <td style="${STYLES.value}">${markupOf(value)}</td>
            </tr>`
        )}
      </tbody>
    </table>`,
    fieldLines(shown.map(([label, value]) => [label, textOf(value)])).join('\n')
  );
}

const BAR_CELLS = 30;

/**
 * How much of a whole, as a bar with words under it.
 *
 * @param share - From 0 to 1; what is outside or not a number counts as the nearest end.
 */
export function bar(share: number, words: string, options: { tone?: Tone } = {}): View {
  const part = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const percent = Math.floor(part * 1000) / 10;
  const colour = COLOURS[options.tone ?? 'brand'];
  const full = Math.floor(part * BAR_CELLS);
  return new View(
    html`<div
        role="progressbar"
        aria-label="${words}"
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow="${percent}"
        style="${STYLES.track}"
      >
        <div style="width: ${percent}%; height: 100%; background: ${colour};"></div>
      </div>
      <div style="color: ${COLOURS.faint};">${words}</div>`,
    `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}] ${words}`
  );
}

/** A sentence or more; line breaks stay. */
export function note(words: string, options: { tone?: Tone } = {}): View {
  const colour = options.tone === undefined ? COLOURS.text : COLOURS[options.tone];
  return new View(html`<div style="color: ${colour}; ${STYLES.words}">${words}</div>`, words);
}

export function heading(words: string): View {
  return new View(html`<div style="${STYLES.heading}">${words}</div>`, `\n${words}\n`);
}

/** A word that carries a judgement: its colour never tells more than it does. */
export function badge(word: string, tone: Tone): View {
  return new View(
    html`<span style="color: ${COLOURS[tone]}; font-weight: 600; white-space: nowrap;"
      >${word}</span
    >`,
    word
  );
}

/** Text as it is, in a font whose letters have one width. */
export function code(text: string): View {
  return new View(html`<pre style="${STYLES.code}">${text}</pre>`, text);
}

/** A list of points. */
export function points(texts: readonly string[]): View {
  return new View(
    html`<ul style="margin: 4px 0; padding-left: 1.4em;">
      ${texts.map(text => html`<li>${text}</li>`)}
    </ul>`,
    texts.map(text => `- ${text}`).join('\n')
  );
}

/** Hidden under a line that opens it; in plain text all is there. */
export function details(summary: string, content: View): View {
  return new View(
    html`<details style="margin: 4px 0;">
      <summary style="cursor: pointer;">${summary}</summary>
      ${content.html}
    </details>`,
    `\n${summary}\n${content.text}`
  );
}

/** Views under each other; what is missing is left out. */
export function stack(...views: ReadonlyArray<View | undefined | false>): View {
  const shown = views.filter((view): view is View => view instanceof View);
  return new View(
    html`<div style="${STYLES.block}">${shown.map(view => view.html)}</div>`,
    shown
      .map(view => view.text)
      .join('\n')
      .replace(/^\n+/, '')
      .replace(/\n{3,}/g, '\n\n')
  );
}

function markupOf(cell: Cell): SafeHtml | string | number | undefined {
  return cell instanceof View ? cell.html : cell;
}

function textOf(cell: Cell): string {
  return cell instanceof View ? cell.text : String(cell ?? '');
}
