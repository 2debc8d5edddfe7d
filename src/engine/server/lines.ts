/** Longest line that is taken; the Jupyter server lets shorter frames through only. */
export const LONGEST_LINE_BYTES = 32 * 2 ** 20;

const LF = 10;

/**
 * The lines of a stream of bytes. One that is too long is dropped as it comes, so that it takes no memory.
 *
 * @param onDropped - told once for each such line
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  onDropped: () => void,
  longest = LONGEST_LINE_BYTES
): AsyncGenerator<string, void, undefined> {
  let kept: Uint8Array[] = [];
  let length = 0;
  let dropping = false;
  const decoder = new TextDecoder();
  const add = (piece: Uint8Array): void => {
    if (dropping || length + piece.length > longest) {
      if (!dropping) {
        onDropped();
      }
      dropping = true;
      kept = [];
      length = 0;
      return;
    }
    kept.push(piece);
    length += piece.length;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      if (!dropping) {
        yield decoder.decode(Buffer.concat(kept));
      }
      kept = [];
      length = 0;
      dropping = false;
    }
    // A copy: a stream may use its buffer again.
    add(chunk.slice(from));
  }
}
