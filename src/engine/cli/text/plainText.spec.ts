import {
  cellWidth,
  fitEnd,
  fitMiddle,
  neutralise,
  neutraliseBlock,
  speaksUtf8,
  toAscii,
  toSafeJson
} from './plainText';

describe('neutralise', () => {
  it.each([
    ['an escape sequence', '\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['a C1 control', 'a\u009b31mb', 'a\\x9b31mb'],
    ['a carriage return', 'safe\rEVIL', 'safe\\x0dEVIL'],
    ['a line break', 'one\ntwo', 'one\\ntwo'],
    ['a direction override', 'cod\u202eexe.txt', 'cod\\u202eexe.txt'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb']
  ])('shows %s instead of acting on it', (_what, text, expected) => {
    expect(neutralise(text)).toBe(expected);
  });

  it('leaves letters of all scripts and emoji alone', () => {
    expect(neutralise('Größe 模型 🤗👩‍💻')).toBe('Größe 模型 🤗👩‍💻');
  });

  it('keeps line breaks and tabs of a block, and nothing else that steers', () => {
    expect(neutraliseBlock('a\r\nb\tc\u001b[0m')).toBe('a\nb\tc\\x1b[0m');
  });
});

describe('toAscii', () => {
  it('finds plain forms and escapes what has none', () => {
    expect(toAscii('„é“ – 5 × 2 → … 模')).toBe('\\u{201e}e" - 5 x 2 -> ... \\u{6a21}');
  });
});

describe('toSafeJson', () => {
  const value = { name: 'a\u001b[1m\u009b\u202e模🤗' };

  it.each([true, false])('loses nothing and steers nothing (ASCII only: %s)', asciiOnly => {
    const json = toSafeJson(value, asciiOnly);
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(/^[\n -~]*$/.test(json)).toBe(asciiOnly);
  });
});

describe('widths', () => {
  it('counts cells, not characters', () => {
    expect(cellWidth('abc')).toBe(3);
    expect(cellWidth('模型')).toBe(4);
    expect(cellWidth('e\u0301')).toBe(1);
  });

  it('cuts at the end', () => {
    expect(fitEnd('abcdef', 6)).toBe('abcdef');
    expect(fitEnd('abcdefg', 6)).toBe('abcde…');
  });

  it('cuts in the middle and keeps both ends', () => {
    const cut = fitMiddle('model-00001-of-00030.safetensors', 20);
    expect(cellWidth(cut)).toBe(20);
    expect(cut).toBe('model-0000…fetensors');
  });
});

describe('speaksUtf8', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, 'linux', true],
    [{ LANG: 'C.utf8' }, 'linux', true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, 'linux', false],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'linux', false],
    [{}, 'linux', false],
    [{}, 'darwin', true]
  ])('%j on %s: %s', (env, platform, expected) => {
    expect(speaksUtf8(env, platform)).toBe(expected);
  });
});
