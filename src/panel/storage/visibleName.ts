/** Joiners of scripts and emoji: part of a name, and without effect on the line around it. */
const JOINERS = /[\u200c\u200d]/u;

/** A name as it is, but for what would break or turn the line: that is a sign of its own. */
export function visibleName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character => {
    const code = character.codePointAt(0) ?? 0;
    if (JOINERS.test(character)) {
      return character;
    }
    if (code < 0x20) {
      return String.fromCodePoint(0x2400 + code);
    }
    return code === 0x7f ? '\u2421' : `\\u{${code.toString(16).toUpperCase()}}`;
  });
}
