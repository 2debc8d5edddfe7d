import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TEMPORARY = '.tmp';

/**
 * JSON records, one file each. Written synchronously on purpose: a record is small, and the writes
 * to one name then keep the order of the requests.
 */
export function writeRecord(path: string, record: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  writeFileSync(temporary, JSON.stringify(record));
  renameSync(temporary, path);
}

export function removeRecord(path: string): void {
  rmSync(path, { force: true, recursive: true });
}

/** Every record in a folder; none when it does not exist. */
export function readRecords<T>(directory: string): T[] {
  return listFolder(directory)
    .filter(entry => entry.endsWith('.json'))
    .map(entry => JSON.parse(readFileSync(join(directory, entry), 'utf8')) as T);
}

export function listFolder(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory).filter(entry => !entry.endsWith(TEMPORARY));
}

/** Keys can be longer than a file name and hold any character. */
export const recordName = (key: string) => `${createHash('sha256').update(key).digest('hex')}.json`;
