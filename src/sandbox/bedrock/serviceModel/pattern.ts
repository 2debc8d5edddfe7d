/**
 * Patterns of the service models are written for Java and must match the whole value. These few
 * need other words here.
 */
const REWRITTEN: ReadonlyArray<readonly [published: string, here: string]> = [
  // `X(-*[X-])*` lets a run of dashes be split in 2^n ways: a JavaScript engine tries them all when
  // the value does not match (26 dashes take seconds). `X[X-]*` is the same language, in linear time.
  ['[a-zA-Z0-9](-*[a-zA-Z0-9\\+\\-\\.])*', '[a-zA-Z0-9][-a-zA-Z0-9+.]*'],
  // Java reads five digits here; JavaScript wants braces.
  ['\\u10000-\\u10FFFF', '\\u{10000}-\\u{10FFFF}']
];

const compiled = new Map<string, RegExp>();

/** The published pattern as an expression that matches whole values only, in linear time. */
export function compilePattern(published: string): RegExp {
  let expression = compiled.get(published);
  if (expression === undefined) {
    const here = REWRITTEN.reduce((text, [from, to]) => text.replaceAll(from, to), published);
    // Only these need the u flag; the others hold escapes that it forbids.
    const flags = /\\p\{|\\u\{/.test(here) ? 'u' : '';
    expression = new RegExp(`^(?:${here})$`, flags);
    compiled.set(published, expression);
  }
  return expression;
}
