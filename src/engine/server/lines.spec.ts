import fc from 'fast-check';

import { readLines } from './lines';

async function linesOf(
  chunks: readonly Uint8Array[],
  longest?: number
): Promise<{ lines: string[]; dropped: number }> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      // As a stream that uses its buffer again.
      const buffer = chunk.slice();
      yield buffer;
      buffer.fill(0);
    }
  }
  const lines: string[] = [];
  let dropped = 0;
  for await (const line of readLines(source(), () => dropped++, longest)) {
    lines.push(line);
  }
  return { lines, dropped };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the lines of a stream', () => {
  it('are the same however they are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme' }).map(text => text.replaceAll('\n', '')),
          {
            maxLength: 8
          }
        ),
        fc.array(fc.nat(200), { maxLength: 20 }),
        async (lines, cuts) => {
          const all = bytes(lines.map(line => `${line}\n`).join(''));
          const ends = [...cuts.filter(cut => cut < all.length), all.length].sort((a, b) => a - b);
          const chunks = ends.map((end, index) => all.slice(ends[index - 1] ?? 0, end));
          expect((await linesOf(chunks)).lines).toEqual(lines);
        }
      )
    );
  });

  it('leave a line out that is too long, and no other', async () => {
    const chunks = ['one\nab', 'cdefgh', 'ijkl\ntw', 'o\n'].map(bytes);
    expect(await linesOf(chunks, 5)).toEqual({ lines: ['one', 'two'], dropped: 1 });
  });

  it('leave the end out that is no whole line', async () => {
    expect(await linesOf([bytes('one\ntw')])).toEqual({ lines: ['one'], dropped: 0 });
  });
});
