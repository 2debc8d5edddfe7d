import { visibleName } from './visibleName';

describe('visibleName', () => {
  it.each([
    ['model.safetensors', 'model.safetensors'],
    ['two\nlines\r\tand a tab', 'two\\nlines\\x0d\\x09and a tab'],
    ['\u0000\u001b[31mred\u007f', '\\x00\\x1b[31mred\\x7f'],
    ['turned\u202egpj.exe', 'turned\\u202egpj.exe'],
    ['next\u2028line\u0085', 'next\\u2028line\\x85'],
    ['nothing\u200b\ufeff', 'nothing\\u200b\\ufeff'],
    ['تجربه\u200cها', 'تجربه\u200cها'],
    ['👨‍👩‍👧 with spaces  ', '👨‍👩‍👧 with spaces  '],
    ['\u{e0041}', '\\ue0041'],
    ['\ufffd', '\ufffd']
  ])('shows %j as %j', (name, shown) => {
    expect(visibleName(name)).toBe(shown);
  });
});
