import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import type { SandboxState } from '../state';

export interface FileFacts {
  /** Git blob id of the file, or of its pointer when it is an LFS file. */
  gitOid: string;
  /** Of LFS files only. */
  sha256?: string;
}

interface KeptFacts extends FileFacts {
  size: number;
  mtimeMs: number;
}

const MIB = 2 ** 20;
const LFS_THRESHOLD_BYTES = 10 * MIB;
const LFS_NAMES = /(\.safetensors|\.bin|\.gguf|\.onnx|(^|\/)tokenizer\.model)$/;

/** By name as the hub's default .gitattributes says, or by size as the hub insists. */
export function isLfs(path: string, sizeBytes: number): boolean {
  return LFS_NAMES.test(path) || sizeBytes >= LFS_THRESHOLD_BYTES;
}

/** The text that git keeps in place of an LFS file (Git LFS Specification, "The Pointer"). */
export function lfsPointer(sha256: string, sizeBytes: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${sizeBytes}\n`;
}

export interface FileHashes {
  /** Reads the file once, however often and by however many it is asked for. */
  of(
    absolutePath: string,
    path: string,
    stats: { size: number; mtimeMs: number }
  ): Promise<FileFacts>;
}

/** Hashes are kept in the data folder, by file, size and time of change. */
export function createFileHashes(state: SandboxState): FileHashes {
  const running = new Map<string, Promise<FileFacts>>();
  const compute = async (
    absolutePath: string,
    path: string,
    { size, mtimeMs }: { size: number; mtimeMs: number }
  ): Promise<FileFacts> => {
    const kept = await state.document<Record<string, KeptFacts>>('hub-hashes', () => ({}));
    const known = kept.value[absolutePath];
    if (known?.size === size && known.mtimeMs === mtimeMs) {
      return known;
    }
    const facts = isLfs(path, size)
      ? await lfsFacts(absolutePath, size)
      : { gitOid: await gitBlobOid(absolutePath, size) };
    kept.value[absolutePath] = { ...facts, size, mtimeMs };
    void kept.save().catch(() => undefined);
    return facts;
  };
  return {
    of: (absolutePath, path, stats) => {
      const key = `${absolutePath}\n${stats.size}\n${stats.mtimeMs}`;
      let hashing = running.get(key);
      if (hashing === undefined) {
        hashing = compute(absolutePath, path, stats).finally(() => running.delete(key));
        running.set(key, hashing);
      }
      return hashing;
    }
  };
}

async function lfsFacts(absolutePath: string, size: number): Promise<FileFacts> {
  const sha256 = await hashFile('sha256', '', absolutePath);
  return { sha256, gitOid: textBlobOid(lfsPointer(sha256, size)) };
}

function gitBlobOid(absolutePath: string, size: number): Promise<string> {
  return hashFile('sha1', `blob ${size}\0`, absolutePath);
}

/** Git's id for a blob with this text. */
export function textBlobOid(text: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');
}

async function hashFile(algorithm: string, start: string, absolutePath: string): Promise<string> {
  const hash = createHash(algorithm).update(start);
  for await (const chunk of createReadStream(absolutePath, { highWaterMark: MIB })) {
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}
