/** Everything that can move the cursor, colour, hide or reorder text on a terminal. */
const STEERING =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
const LINE_BREAKS = /\r\n?|\n/g;

const ASCII_FORMS: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '−': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '·': '-',
  '×': 'x',
  '→': '->',
  '≤': '<=',
  '≥': '>=',
  '█': '#',
  '░': '-',
  '\u00a0': ' '
};

/**
 * Text from the hub, from AWS or from a file, made harmless for a terminal: control characters,
 * ANSI escapes and direction marks become visible escapes such as `\x1b`. One line comes out.
 */
export function neutralise(text: string): string {
  return text.replace(STEERING, visible);
}

/** Like {@link neutralise}, but line breaks and tabs stay what they are. */
export function neutraliseBlock(text: string): string {
  return text
    .replace(LINE_BREAKS, '\n')
    .replace(STEERING, character =>
      character === '\n' || character === '\t' ? character : visible(character)
    );
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\n') {
    return '\\n';
  }
  if (code >= 0xd800 && code <= 0xdfff) {
    return '\ufffd';
  }
  return code <= 0xff
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The nearest plain ASCII for terminals and logs whose locale is not UTF-8. */
export function toAscii(text: string): string {
  return text.replace(/[^\u0000-\u007f]/gu, character => {
    const known = ASCII_FORMS[character];
    if (known !== undefined) {
      return known;
    }
    const plain = character.normalize('NFKD').replace(/\p{M}/gu, '');
    return /^[\u0020-\u007e]+$/.test(plain)
      ? plain
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/**
 * JSON for a terminal or a pipe: nothing in it can steer a terminal, nothing of it is lost.
 *
 * @param indent - spaces for each level; 0 puts all on one line.
 */
export function toSafeJson(value: unknown, asciiOnly: boolean, indent = 2): string {
  const json = JSON.stringify(value, null, indent);
  const risky = asciiOnly
    ? /[^\u0000-\u007e]/g
    : /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
  return json.replace(
    risky,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

/** True when the locale variables name UTF-8; without any of them only desktops are taken for it. */
export function speaksUtf8(
  env: Readonly<Record<string, string | undefined>>,
  platform: string
): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale ? /utf-?8/i.test(locale) : platform === 'win32' || platform === 'darwin';
}

/** Number of terminal cells that a line takes: two for wide East Asian letters, none for marks. */
export function cellWidth(text: string): number {
  let cells = 0;
  for (const character of text) {
    cells += cellsOf(character);
  }
  return cells;
}

function cellsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) {
    return 1;
  }
  if (/\p{M}|\p{Cf}/u.test(character)) {
    return 0;
  }
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Cut to `cells`, the end replaced by a one-cell ellipsis when something is lost. */
export function fitEnd(text: string, cells: number, ellipsis = '…'): string {
  if (cellWidth(text) <= cells) {
    return text;
  }
  let kept = '';
  let used = 0;
  for (const character of text) {
    if (used + cellsOf(character) > cells - 1) {
      break;
    }
    kept += character;
    used += cellsOf(character);
  }
  return cells > 0 ? kept + ellipsis : '';
}

/** Cut in the middle: of a file name the start and the shard number at the end both tell something. */
export function fitMiddle(text: string, cells: number, ellipsis = '…'): string {
  if (cellWidth(text) <= cells) {
    return text;
  }
  const letters = [...text];
  const tail = Math.floor((cells - 1) / 2);
  let end = '';
  for (let index = letters.length - 1; index >= 0; index -= 1) {
    const next = (letters[index] ?? '') + end;
    if (cellWidth(next) > tail) {
      break;
    }
    end = next;
  }
  return fitEnd(text, cells - cellWidth(end), ellipsis) + end;
}

export function padCells(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellWidth(text)));
}
