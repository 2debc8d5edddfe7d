import { neutraliseBlock } from '../../engine/cli/text/plainText';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
};

/** Markup that was built here; nobody else can make one, so a text is never taken for markup. */
export class SafeHtml {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** Fixed markup with values between; every value that is not safe markup itself is escaped. */
  static build(fixed: readonly string[], values: readonly HtmlValue[]): SafeHtml {
    return new SafeHtml(
      fixed
        .map(
          (part, index) => joinLines(part) + (index < values.length ? markupOf(values[index]) : '')
        )
        .join('')
    );
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand between fixed markup: text is escaped, nothing is shown for what is missing. */
export type HtmlValue =
  SafeHtml | string | number | undefined | null | false | readonly HtmlValue[];

/**
 * As a tag of a template, markup whose values are escaped: ``html`<b>${name}</b>` ``. Called with a text,
 * that text, escaped. There is no way to turn a text into markup. Values go between tags or into quoted
 * attributes, never into a URL, a style's name or a script.
 */
export function html(text: string): SafeHtml;
export function html(fixed: TemplateStringsArray, ...values: HtmlValue[]): SafeHtml;
export function html(fixed: string | TemplateStringsArray, ...values: HtmlValue[]): SafeHtml {
  return typeof fixed === 'string'
    ? SafeHtml.build(['', ''], [fixed])
    : SafeHtml.build(fixed, values);
}

/** Line breaks in fixed markup are only how its source is laid out; beside a tag they stand for nothing. */
function joinLines(fixed: string): string {
  return fixed.replace(
    /(>?)\s*\n\s*(<?)/g,
    (_, before: string, after: string) => before + after || ' '
  );
}

function markupOf(value: HtmlValue): string {
  if (value instanceof SafeHtml) {
    return value.toString();
  }
  if (value === undefined || value === null || value === false) {
    return '';
  }
  return typeof value === 'object' ? value.map(markupOf).join('') : escapeText(String(value));
}

/** Control characters and direction marks become visible: they could show a name as another one. */
function escapeText(text: string): string {
  return neutraliseBlock(text).replace(/[&<>"']/g, character => ESCAPES[character] ?? '');
}
