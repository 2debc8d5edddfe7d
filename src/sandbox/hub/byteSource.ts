import { open } from 'node:fs/promises';

/** The bytes of one file of a repository, wherever they come from. */
export interface ByteSource {
  /**
   * At most `length` bytes from `position`, at least one unless the file has become shorter. They
   * are shared with other readers and must not be changed.
   */
  read(
    position: number,
    length: number
  ): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
  close(): Promise<void>;
}

export async function openFileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  return {
    read: async (position, length) => {
      const chunk = new Uint8Array(length);
      const { bytesRead } = await file.read(chunk, 0, length, position);
      return chunk.subarray(0, bytesRead);
    },
    close: () => file.close()
  };
}
