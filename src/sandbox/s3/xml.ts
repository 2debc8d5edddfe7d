import { XMLParser } from 'fast-xml-parser';

import { escapeXml, RefusedError } from '../sigv4';

/** An element's content: text, nested elements, or the same element several times. */
export type XmlContent = string | number | boolean | undefined | XmlElements | XmlContent[];

export interface XmlElements {
  [name: string]: XmlContent;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

function renderElements(elements: XmlElements): string {
  return Object.entries(elements)
    .map(([name, content]) => renderElement(name, content))
    .join('');
}

function renderElement(name: string, content: XmlContent): string {
  if (content === undefined) {
    return '';
  }
  if (Array.isArray(content)) {
    return content.map(item => renderElement(name, item)).join('');
  }
  const inner = typeof content === 'object' ? renderElements(content) : escapeXml(String(content));
  return `<${name}>${inner}</${name}>`;
}

export function renderXml(root: string, elements: XmlElements): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${root} xmlns="${NAMESPACE}">${renderElements(elements)}</${root}>`
  );
}

export const malformedXml = () =>
  new RefusedError(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema'
  );

/**
 * The elements under the root, each always as a list.
 *
 * @throws RefusedError MalformedXML.
 */
export function parseXml(body: Uint8Array, root: string): ParsedElement {
  const parser = new XMLParser({
    ignoreAttributes: true,
    ignoreDeclaration: true,
    parseTagValue: false,
    trimValues: false,
    removeNSPrefix: true,
    // For numeric character references, such as the carriage returns that SDKs escape in keys.
    htmlEntities: true,
    isArray: () => true
  });
  let parsed: unknown;
  try {
    parsed = parser.parse(Buffer.from(body).toString('utf8'), true);
  } catch {
    throw malformedXml();
  }
  const found = new ParsedElement(parsed).child(root);
  if (found === undefined) {
    throw malformedXml();
  }
  return found;
}

/** Reads a parsed document without trusting its shape. */
export class ParsedElement {
  constructor(private readonly content: unknown) {}

  children(name: string): ParsedElement[] {
    if (typeof this.content !== 'object' || this.content === null) {
      return [];
    }
    const found: unknown = Reflect.get(this.content, name);
    return Array.isArray(found) ? found.map(item => new ParsedElement(item)) : [];
  }

  child(name: string): ParsedElement | undefined {
    return this.children(name)[0];
  }

  /** The text of a child element; undefined when there is no such element. */
  text(name: string): string | undefined {
    const child = this.child(name);
    if (child === undefined) {
      return undefined;
    }
    return typeof child.content === 'string' ? child.content : '';
  }

  names(): string[] {
    return typeof this.content === 'object' && this.content !== null
      ? Object.keys(this.content)
      : [];
  }
}
