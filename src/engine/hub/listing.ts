import type { ListFileEntry } from '@huggingface/hub';

import { BedrockImportError } from '../errors';
import { CONTROL_CHARACTERS, withoutSecrets } from './secrets';
import type { HubFile } from './types';

const MOST_FILES = 100_000;
/** Longer than any S3 key; whether prefix and path fit into one is the copy's question. */
const LONGEST_PATH_BYTES = 4096;

/**
 * Takes a listing apart and believes none of it: the paths become S3 keys and file names, the sizes
 * and hashes are what the copy is proved against. Spaces, `#`, `?`, `%`, `+` and letters of any
 * script are legal in a path and stay as they are.
 *
 * @throws BedrockImportError `HUB_LISTING_INVALID`
 */
export class ListingReader {
  readonly #files = new Map<string, HubFile>();
  readonly #folders = new Set<string>();
  #totalBytes = 0;

  constructor(private readonly modelId: string) {}

  add(entry: ListFileEntry): void {
    // A directory is told by its files, and a submodule has no content here.
    if (entry?.type !== 'file') {
      return;
    }
    const { path } = entry;
    const problem = typeof path === 'string' ? pathProblem(path) : 'a file without a path';
    if (problem !== undefined) {
      throw this.#invalid(problem);
    }
    const shown = withoutSecrets(path);
    if (this.#files.has(path)) {
      throw this.#invalid(`the path '${shown}' twice`);
    }
    const folders = path.split('/').map((_part, at, parts) => parts.slice(0, at).join('/'));
    if (this.#folders.has(path) || folders.some(folder => this.#files.has(folder))) {
      throw this.#invalid(`'${shown}' where a file and a folder have one name`);
    }
    folders.forEach(folder => this.#folders.add(folder));
    const file = readEntry(entry);
    if (typeof file === 'string') {
      throw this.#invalid(`${file} for '${shown}'`);
    }
    this.#totalBytes += file.sizeBytes;
    this.#files.set(path, file);
    if (this.#files.size > MOST_FILES || !Number.isSafeInteger(this.#totalBytes)) {
      throw this.#invalid('more files or bytes than a model can have');
    }
  }

  files(): HubFile[] {
    return [...this.#files.values()];
  }

  #invalid(what: string): BedrockImportError {
    return listingInvalid(this.modelId, what);
  }
}

export function listingInvalid(modelId: string, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_LISTING_INVALID',
    message: `The hub's list of files holds ${what}. Nothing was read or copied.`,
    subject: modelId,
    nextStep:
      'Do not use this model from this hub: look at its files on its page, tell its owners, or check HF_ENDPOINT.',
    kind: 'blocked'
  });
}

function pathProblem(path: string): string | undefined {
  const shown = withoutSecrets(path);
  const parts = path.split('/');
  if (path === '' || parts.includes('')) {
    return `the path '${shown}', which is absolute or has an empty part`;
  }
  if (parts.includes('..') || parts.includes('.')) {
    return `the path '${shown}', which leads out of the model`;
  }
  if (path.includes('\\') || /^[A-Za-z]:/.test(path)) {
    return `the path '${shown}', which means something else on other systems`;
  }
  if (CONTROL_CHARACTERS.test(path) || /\p{Surrogate}/u.test(path)) {
    return `the path '${shown}' with a control character or broken text`;
  }
  if (new TextEncoder().encode(path).byteLength > LONGEST_PATH_BYTES) {
    return `a path of more than ${LONGEST_PATH_BYTES} bytes`;
  }
  return undefined;
}

/** The file, or what is wrong with its numbers. */
function readEntry(entry: ListFileEntry): HubFile | string {
  const { path, size, oid, lfs } = entry;
  if (!Number.isSafeInteger(size) || size < 0) {
    return 'an impossible size';
  }
  if (typeof oid !== 'string' || !/^[0-9a-f]{40}$/.test(oid)) {
    return 'a hash that is none';
  }
  if (lfs === undefined || lfs === null) {
    return { path, sizeBytes: size, gitOid: oid };
  }
  if (typeof lfs.oid !== 'string' || !/^[0-9a-f]{64}$/.test(lfs.oid)) {
    return 'a SHA-256 that is none';
  }
  if (lfs.size !== size) {
    return 'two different sizes';
  }
  return { path, sizeBytes: size, gitOid: oid, sha256: lfs.oid };
}
