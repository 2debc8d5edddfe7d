import process from 'node:process';

import { createRedactor } from '../../engine/cli/redaction';
import type { Redactor } from '../../engine/cli/redaction';
import { neutraliseBlock } from '../../engine/cli/text/plainText';
import type { SafeHtml } from './safeHtml';

/** Name of the method that a kernel asks for the MIME bundle of a cell's last value. */
export const DISPLAY: unique symbol = Symbol.for('Jupyter.display');

/** The same content in several formats, by MIME type; a front end shows the richest that it knows. */
export type MimeBundle = Record<string, unknown>;

/** What a cell shows when it is its last value. */
export interface Displayed {
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/** Something to look at, as markup and in words; a picture also as SVG. */
export class View implements Displayed {
  constructor(
    readonly html: SafeHtml,
    readonly text: string,
    readonly svg?: SafeHtml
  ) {}

  [DISPLAY](): MimeBundle {
    return withoutSecrets({
      'text/html': this.html.toString(),
      'text/plain': neutraliseBlock(this.text),
      ...(this.svg === undefined ? {} : { 'image/svg+xml': this.svg.toString() })
    });
  }
}

/** Gives plain data a view without changing what it holds: the method is not enumerated. */
export function displayedAs<T extends object>(value: T, view: () => View): T & Displayed {
  return Object.defineProperty(value, DISPLAY, {
    value: () => view()[DISPLAY](),
    enumerable: false,
    configurable: true
  }) as T & Displayed;
}

export function isDisplayed(value: unknown): value is Displayed {
  return typeof value === 'object' && value !== null && DISPLAY in value;
}

export async function bundleOf(value: Displayed | MimeBundle): Promise<MimeBundle> {
  return withoutSecrets(isDisplayed(value) ? await value[DISPLAY]() : value);
}

let redactor: Redactor | undefined;

/** A secret that is not in a variable, such as a hub token read from a file. */
export function hideSecret(secret: string | undefined): void {
  redactor ??= createRedactor({});
  redactor.add(secret);
}

/** The last line of defence: no code should put a secret into a bundle. */
function withoutSecrets(bundle: MimeBundle): MimeBundle {
  // Variables may have been set by an earlier cell.
  const ofVariables = createRedactor(process.env);
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const once = ofVariables.redact(value);
      return redactor?.redact(once) ?? once;
    }
    if (Array.isArray(value)) {
      return value.map(clean);
    }
    return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item)]))
      : value;
  };
  return Object.fromEntries(Object.entries(bundle).map(([type, value]) => [type, clean(value)]));
}
