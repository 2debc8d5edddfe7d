import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file so that a reader sees the old content or the new one, never a half: a
 * temporary file beside it, then a rename. Creates the folder.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number } = {}
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode: options.mode ?? 0o644 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The parsed JSON of a file; undefined when there is no such file. */
export async function readJsonFile<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  return JSON.parse(text) as T;
}

/** A JSON value that lives in memory and follows on disk. */
export interface StateDocument<T> {
  /** Change it in place or assign it, then `save`. */
  value: T;
  /** Resolves when the value of now is on disk; calls that come together share one write. */
  save(): Promise<void>;
}

/**
 * Opens `path`, or starts with `initial()` when it does not exist yet (nothing is written then).
 *
 * @throws SyntaxError when the file is not JSON.
 */
export async function openDocument<T>(
  path: string,
  initial: () => T,
  options: { mode?: number } = {}
): Promise<StateDocument<T>> {
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const document: StateDocument<T> = {
    value: (await readJsonFile<T>(path)) ?? initial(),
    save: () => {
      waiting ??= writing
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          writing = writeFileAtomically(path, JSON.stringify(document.value, null, 1), options);
          return writing;
        });
      return waiting;
    }
  };
  return document;
}
