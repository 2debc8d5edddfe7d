/** Joiners of scripts and emoji: part of a name, and without effect on the line around it. */
const JOINERS = /[\u200c\u200d]/u;

/** A name as it is, but for what would break, turn or hide it: that is written as in the terminal. */
export function visibleName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character =>
    JOINERS.test(character) ? character : escaped(character)
  );
}

function escaped(character: string): string {
  if (character === '\n') {
    return '\\n';
  }
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}
