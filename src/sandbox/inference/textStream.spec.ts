import { TextStream } from './textStream';

const encoder = new TextEncoder();

/** Each token is one byte of UTF-8, as in the worst case of a byte-level tokenizer. */
const bytes = { decode: (ids: number[]) => new TextDecoder().decode(Uint8Array.from(ids)) };

function stream(text: string, stop: string[] = []): { pieces: string[]; ended: boolean } {
  const stream = new TextStream(bytes, stop);
  const pieces: string[] = [];
  for (const byte of encoder.encode(text)) {
    pieces.push(stream.push(byte));
    if (stream.ended) {
      return { pieces, ended: true };
    }
  }
  pieces.push(stream.finish());
  return { pieces, ended: stream.ended };
}

it('waits for whole characters', () => {
  const { pieces } = stream('aé🙂!');
  expect(pieces).toEqual(['a', '', 'é', '', '', '', '🙂', '!', '']);
});

it('shows half a character at the end rather than losing it', () => {
  const text = new TextStream(bytes);
  const [first = 0] = encoder.encode('é');
  expect(text.push(first)).toBe('');
  expect(text.finish()).toBe('\uFFFD');
});

it('keeps the spaces that a decoder strips at the start of a run', () => {
  const words = ['▁Hello', '▁big', '▁world'];
  const decoder = {
    decode: (ids: number[]) =>
      ids
        .map(id => words[id] ?? '')
        .join('')
        .replaceAll('▁', ' ')
        .trimStart()
  };
  const text = new TextStream(decoder);
  expect([0, 1, 2].map(id => text.push(id)).join('')).toBe('Hello big world');
});

it.each([
  { text: 'one STOP two', stop: ['STOP'], kept: 'one ', ended: true },
  { text: 'STOP', stop: ['STOP'], kept: '', ended: true },
  { text: 'one STO', stop: ['STOP'], kept: 'one STO', ended: false },
  { text: 'one SSTOP', stop: ['STOP'], kept: 'one S', ended: true },
  { text: 'a\n\nb', stop: ['\n\n', 'b'], kept: 'a', ended: true },
  { text: 'abcabd!', stop: ['abd'], kept: 'abc', ended: true }
])('ends before $stop in $text', ({ text, stop, kept, ended }) => {
  const result = stream(text, stop);
  expect(result.pieces.join('')).toBe(kept);
  expect(result.ended).toBe(ended);
});

it('never emits the beginning of a stop text', () => {
  const { pieces } = stream('xSTOP', ['STOP']);
  expect(pieces).toEqual(['x', '', '', '', '']);
});
