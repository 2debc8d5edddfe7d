import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Check } from '../../checks';
import { selectImportFiles } from '../../model';
import type { LeftOutFile, ModelFile, ModelFiles } from '../../model';
import { mapInParallel } from '../destination';
import { modelName } from '../modelName';
import type { FolderSource } from '../planSource';
import { emptyFolder, fileTooLarge, folderError, notAFolder, unreadable } from './folderErrors';
import { folderRoots } from './folderRoots';
import type { FolderRoots } from './folderRoots';
import { listFolder } from './listFolder';
import { withLocalFile } from './localFile';

const OPEN_AT_ONCE = 16;
const DEFAULT_LARGEST_BYTES = 64 * 2 ** 20;

/**
 * Lists a folder on this machine as a model. Reads no file's content.
 *
 * @param path absolute
 * @throws BedrockImportError `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`, `FOLDER_EMPTY`, `FOLDER_TOO_LARGE`
 */
export async function openFolder(
  path: string,
  options: { signal?: AbortSignal } = {}
): Promise<{ source: FolderSource; files: ModelFiles }> {
  const roots = await resolveFolder(path);
  const listing = await listFolder(roots, options.signal);
  if (listing.files.length === 0 && listing.unusable.length === 0) {
    throw emptyFolder(path);
  }
  const { taken } = selectImportFiles(listing.files);
  await requireReadable(roots, taken);
  const modelId = roots.cache?.modelId ?? modelName(basename(roots.real));
  return {
    source: { kind: 'folder', path: roots.real, modelId, fingerprint: fingerprintOf(taken) },
    files: {
      model: {
        id: modelId,
        files: listing.files,
        leftOut: listing.leftOut,
        checks: [...linkChecks(listing.unusable), ...cacheChecks(roots, listing.files)]
      },
      readFile: (name, { maxBytes = DEFAULT_LARGEST_BYTES } = {}) =>
        readWhole(roots, listing.files, name, maxBytes)
    }
  };
}

/** The folder itself, with the links on the way to it resolved. */
export async function resolveFolder(path: string): Promise<FolderRoots> {
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory()) {
      throw notAFolder(path);
    }
    return folderRoots(path, real);
  } catch (error) {
    throw error instanceof Error && error.name === 'BedrockImportError'
      ? error
      : folderError(path, error);
  }
}

/** Found now and not in the middle of the copy. Opening a file is the only test that counts everywhere. */
async function requireReadable(roots: FolderRoots, files: readonly ModelFile[]): Promise<void> {
  await mapInParallel(files, OPEN_AT_ONCE, async ({ path }) => {
    try {
      await (await open(join(roots.real, path), 'r')).close();
    } catch (error) {
      throw unreadable(join(roots.shown, path), error);
    }
  });
}

/** Of what an import takes, so that a log that grows beside the model changes nothing. */
function fingerprintOf(files: readonly ModelFile[]): string {
  const facts = files.map(({ path, sizeBytes, modifiedMs }) => [path, sizeBytes, modifiedMs]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

async function readWhole(
  roots: FolderRoots,
  files: readonly ModelFile[],
  path: string,
  maxBytes: number
): Promise<Uint8Array> {
  const file = files.find(candidate => candidate.path === path);
  if (file === undefined) {
    throw folderError(join(roots.shown, path), { code: 'ENOENT' });
  }
  if (file.sizeBytes > maxBytes) {
    throw fileTooLarge(join(roots.shown, path), file.sizeBytes, maxBytes);
  }
  const bytes = new Uint8Array(file.sizeBytes);
  await withLocalFile(roots, file, reader => reader.fill(bytes, 0));
  return bytes;
}

/** A file that an import would take and that cannot be used is one that the import would miss. */
function linkChecks(unusable: readonly LeftOutFile[]): Check[] {
  const names = new Set(
    selectImportFiles(unusable.map(({ path }) => ({ path, sizeBytes: 0 }))).taken.map(f => f.path)
  );
  const missed = unusable.filter(({ path }) => names.has(path));
  return missed.length === 0
    ? []
    : [
        {
          id: 'folder-files-usable',
          verdict: 'blocker',
          found: `${missed.length} files of the model cannot be used: ${missed
            .slice(0, 5)
            .map(({ path, reason }) => `${path} (${reason})`)
            .join(', ')}.`,
          why: 'An import would get the model without them.',
          nextStep:
            'Put the files themselves into the folder, or finish the download that left them.'
        }
      ];
}

/** The top of a model in a Hugging Face cache holds no files under their own names. */
function cacheChecks(roots: FolderRoots, files: readonly ModelFile[]): Check[] {
  const hasConfig = files.some(({ path }) => path === 'config.json');
  const snapshots = new Set(files.flatMap(({ path }) => /^snapshots\/[^/]+/.exec(path)?.[0] ?? []));
  return hasConfig || snapshots.size === 0
    ? []
    : [
        {
          id: 'folder-is-a-cache',
          verdict: 'blocker',
          found: 'The folder is the top of a model in a Hugging Face cache.',
          why: 'The files have their names in its snapshots only.',
          nextStep: `Give ${join(roots.shown, [...snapshots].sort()[0] ?? 'snapshots')}.`
        }
      ];
}
