import { deno } from '../deno';

export type MimeBundle = Record<string, unknown>;

/** What an object's way to show itself is called, as in Deno's own kernel. */
export const DISPLAY = Symbol.for('Jupyter.display');

export interface Displayed {
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/**
 * A value as notebooks show it: by its own `Symbol.for("Jupyter.display")`, as markup when it is an
 * element, as a picture when it is a canvas, as a chart when it has a Vega-Lite specification; else as
 * the console prints it. `undefined` has nothing to show.
 */
export async function mimeBundleOf(value: unknown): Promise<MimeBundle> {
  if (value === undefined) {
    return {};
  }
  if (isDisplayed(value)) {
    return { ...(await value[DISPLAY]()) };
  }
  return { ...elementOf(value), 'text/plain': inspect(value) };
}

export function inspect(value: unknown): string {
  return deno.inspect(value, { colors: true });
}

export function isDisplayed(value: unknown): value is Displayed {
  return isObject(value) && has(value, DISPLAY);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function elementOf(value: unknown): MimeBundle {
  if (!isObject(value)) {
    return {};
  }
  const { outerHTML: markup } = value as { outerHTML?: unknown };
  if (typeof markup === 'string') {
    return { [markup.startsWith('<svg') ? 'image/svg+xml' : 'text/html']: markup };
  }
  if (has(value, 'toDataURL')) {
    const [, type, data] = /^data:(image\/\w+);base64,(.*)$/s.exec(String(value.toDataURL())) ?? [];
    return type === undefined ? {} : { [type]: data };
  }
  if (has(value, 'toSpec')) {
    return { 'application/vnd.vegalite.v5+json': value.toSpec() };
  }
  return {};
}

function has<K extends string | symbol>(
  value: object,
  method: K
): value is Record<K, () => unknown> {
  return typeof (value as Partial<Record<K, unknown>>)[method] === 'function';
}
