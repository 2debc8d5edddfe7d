import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';

import { readJsonFile, writeFileAtomically } from '../state';
import { isLfs, lfsPointer, textBlobOid, type FileFacts } from './fileHashes';
import { contentKey, openGenerated, type GeneratedEntry } from './generatedContent';

/** Beside the settings, so that a second start with the same models is quick. */
export const GENERATED_HASHES_FILE = '.sandbox-hashes.json';

const CHUNK_BYTES = 8 * 2 ** 20;

/** What was computed in this process, whatever the folder. */
const computed = new Map<string, Promise<string>>();

/**
 * Hashes of the generated files of one folder: about a second for each GB the first time, then from
 * the file beside the settings.
 */
export async function generatedFacts(
  folder: string,
  entries: readonly GeneratedEntry[]
): Promise<FileFacts[]> {
  const path = join(folder, GENERATED_HASHES_FILE);
  const read = await readJsonFile<Record<string, string>>(path).catch(() => undefined);
  const kept = new Map<string, string>(Object.entries(read ?? {}));
  const knownBefore = kept.size;
  const facts: FileFacts[] = [];
  for (const entry of entries) {
    const lfs = isLfs(entry.path, entry.sizeBytes);
    const key = `${lfs ? 'sha256' : 'git'} ${contentKey(entry)}`;
    const told = lfs ? entry.sha256 : undefined;
    const value = told ?? kept.get(key) ?? (await computeOnce(key, entry, lfs));
    if (told === undefined) {
      kept.set(key, value);
    }
    facts.push(
      lfs
        ? { sha256: value, gitOid: textBlobOid(lfsPointer(value, entry.sizeBytes)) }
        : { gitOid: value }
    );
  }
  if (kept.size > knownBefore) {
    // A folder that cannot be written costs the time again, nothing else.
    await writeFileAtomically(path, JSON.stringify(Object.fromEntries(kept), null, 1)).catch(
      () => undefined
    );
  }
  return facts;
}

function computeOnce(key: string, entry: GeneratedEntry, lfs: boolean): Promise<string> {
  let running = computed.get(key);
  if (running === undefined) {
    running = hash(entry, lfs);
    computed.set(key, running);
  }
  return running;
}

async function hash(entry: GeneratedEntry, lfs: boolean): Promise<string> {
  const running = lfs
    ? createHash('sha256')
    : createHash('sha1').update(`blob ${entry.sizeBytes}\0`);
  const source = openGenerated(entry);
  for (let position = 0; position < entry.sizeBytes;) {
    const chunk = await source.read(position, CHUNK_BYTES);
    running.update(chunk);
    position += chunk.length;
    await giveWay();
  }
  return running.digest('hex');
}
