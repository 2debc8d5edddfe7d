/**
 * Editing one value inside a JSON text without touching any other byte. Parsing and printing again
 * would lose number spellings (`1.0`, `1e30`), escapes, repeated keys and the file's own layout.
 */

/** Where one member of a JSON object lies in the text; `[start, end)` offsets. */
export interface JsonMember {
  key: string;
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

interface JsonObjectSpan {
  members: JsonMember[];
  /** Offset of the opening brace. */
  open: number;
  /** Offset of the closing brace. */
  close: number;
}

const WHITESPACE = /[ \t\r\n]/;
const SCALAR_END = /[ \t\r\n,\]}]/;

/**
 * The members of the object that a JSON text consists of, in order, repeated keys included.
 * @throws SyntaxError when the text is not a JSON object.
 */
export function locateMembers(text: string): JsonObjectSpan {
  const open = skipWhitespace(text, text.startsWith('\uFEFF') ? 1 : 0);
  if (text[open] !== '{') {
    throw new SyntaxError('the file is not a JSON object');
  }
  const members: JsonMember[] = [];
  let position = skipWhitespace(text, open + 1);
  if (text[position] === '}') {
    return { members, open, close: position };
  }
  for (;;) {
    const keyStart = position;
    const keyEnd = endOfString(text, keyStart);
    const colon = skipWhitespace(text, keyEnd);
    expect(text, colon, ':');
    const valueStart = skipWhitespace(text, colon + 1);
    const valueEnd = endOfValue(text, valueStart);
    const key = JSON.parse(text.slice(keyStart, keyEnd)) as string;
    members.push({ key, keyStart, keyEnd, valueStart, valueEnd });
    position = skipWhitespace(text, valueEnd);
    if (text[position] === '}') {
      return { members, open, close: position };
    }
    expect(text, position, ',');
    position = skipWhitespace(text, position + 1);
  }
}

/**
 * The text with the member's value set to a string: in place when the key is there (each of them
 * when it is repeated, because loaders differ in which one they take), else as a new last member in
 * the layout of the others.
 * @throws SyntaxError when the text is not a JSON object.
 */
export function setStringMember(text: string, key: string, value: string): string {
  const { members, open, close } = locateMembers(text);
  const printed = JSON.stringify(value);
  const present = members.filter(member => member.key === key);
  if (present.length > 0) {
    let edited = text;
    for (const member of present.reverse()) {
      edited = edited.slice(0, member.valueStart) + printed + edited.slice(member.valueEnd);
    }
    return edited;
  }
  const last = members.at(-1);
  const printedKey = JSON.stringify(key);
  if (last === undefined) {
    return `${text.slice(0, open + 1)}\n  ${printedKey}: ${printed}\n${text.slice(close)}`;
  }
  const previous = members.at(-2);
  // What stands before a key after its comma or brace is the layout of this file.
  const gapStart = previous === undefined ? open + 1 : text.indexOf(',', previous.valueEnd) + 1;
  const gap = text.slice(gapStart, last.keyStart);
  const colon = text.slice(last.keyEnd, last.valueStart);
  const member = `,${gap}${printedKey}${colon}${printed}`;
  return text.slice(0, last.valueEnd) + member + text.slice(last.valueEnd);
}

function skipWhitespace(text: string, start: number): number {
  let position = start;
  while (position < text.length && WHITESPACE.test(text.charAt(position))) {
    position += 1;
  }
  return position;
}

function expect(text: string, position: number, character: string): void {
  if (text[position] !== character) {
    throw new SyntaxError(`'${character}' expected at offset ${position}`);
  }
}

function endOfString(text: string, start: number): number {
  expect(text, start, '"');
  for (let position = start + 1; position < text.length; position += 1) {
    if (text[position] === '\\') {
      position += 1;
    } else if (text[position] === '"') {
      return position + 1;
    }
  }
  throw new SyntaxError(`the string at offset ${start} does not end`);
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') {
    return endOfString(text, start);
  }
  if (first === '{' || first === '[') {
    return endOfNested(text, start);
  }
  let position = start;
  while (position < text.length && !SCALAR_END.test(text.charAt(position))) {
    position += 1;
  }
  if (position === start) {
    throw new SyntaxError(`a value is missing at offset ${start}`);
  }
  return position;
}

function endOfNested(text: string, start: number): number {
  let depth = 0;
  let position = start;
  while (position < text.length) {
    const character = text[position];
    if (character === '"') {
      position = endOfString(text, position);
      continue;
    }
    position += 1;
    if (character === '{' || character === '[') {
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) {
        return position;
      }
    }
  }
  throw new SyntaxError(`the value at offset ${start} does not end`);
}
