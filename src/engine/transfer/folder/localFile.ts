import type { Stats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '../../model';
import { fileChanged, isGone, unreadable } from './folderErrors';
import { liesInside } from './folderRoots';
import type { FolderRoots } from './folderRoots';

/** Reads of one open file. */
export interface LocalReader {
  /** Fills the whole buffer from this position of the file on. */
  fill(buffer: Uint8Array, position: number): Promise<void>;
}

export type LocalFile = Pick<ModelFile, 'path' | 'sizeBytes' | 'modifiedMs'>;

/**
 * Opens a file for as long as `use` runs. Size, time and identity are compared with what was listed
 * before and with what the path names after, so that nothing read counts when the file was written to,
 * replaced or cut meanwhile. A handle of its own for each use: positional reads of a shared one move its
 * position in Deno.
 *
 * @throws BedrockImportError `FILE_CHANGED`, `FOLDER_UNREADABLE`; what `use` throws passes through.
 */
export async function withLocalFile<T>(
  roots: FolderRoots,
  file: LocalFile,
  use: (reader: LocalReader) => Promise<T>
): Promise<T> {
  const absolute = join(roots.real, file.path);
  const shown = join(roots.shown, file.path);
  const look = async (): Promise<Stats> => {
    const facts = await stat(absolute);
    requireSame(shown, file, facts);
    return facts;
  };
  let handle: FileHandle | undefined;
  try {
    if (!liesInside(roots, await realpath(absolute))) {
      throw fileChanged(shown, 'it is a link that leads out of the folder now');
    }
    // Before it is opened, because opening a pipe waits for a writer.
    await look();
    const opened = await open(absolute, 'r');
    handle = opened;
    const before = await opened.stat();
    requireSame(shown, file, before);
    const result = await use({
      fill: (buffer, position) => fill(shown, opened, buffer, position)
    });
    const after = await look();
    if (after.ino !== before.ino || after.dev !== before.dev) {
      throw fileChanged(shown, 'another file has taken its place');
    }
    return result;
  } catch (error) {
    if (isGone(error)) {
      throw fileChanged(shown, 'it is gone');
    }
    const { code, name } = error as { code?: unknown; name?: unknown };
    const system = typeof code === 'string' && /^E[A-Z0-9]+$/.test(code);
    throw system || name === 'NotCapable' ? unreadable(shown, error) : error;
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function requireSame(shown: string, file: LocalFile, facts: Stats): void {
  if (!facts.isFile()) {
    throw fileChanged(shown, 'it is no longer a file');
  }
  if (facts.size !== file.sizeBytes) {
    throw fileChanged(shown, `it has ${facts.size} bytes, it had ${file.sizeBytes}`);
  }
  if (file.modifiedMs !== undefined && Math.floor(facts.mtimeMs) !== file.modifiedMs) {
    throw fileChanged(shown, 'it was written to');
  }
}

async function fill(
  shown: string,
  handle: FileHandle,
  buffer: Uint8Array,
  position: number
): Promise<void> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(
      buffer,
      filled,
      buffer.length - filled,
      position + filled
    );
    if (bytesRead === 0) {
      throw fileChanged(shown, `it ends after ${position + filled} bytes`);
    }
    filled += bytesRead;
  }
}
