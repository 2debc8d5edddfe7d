import { copyFile, link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { SandboxState } from '../../state';
import type { Extent, ModelFiles, ModelStore } from '../ports';
import type { StoredModel } from './records';

/** A model's files in S3, read through the object store. */
export function filesInStore(store: ModelStore, bucket: string, prefix: string): ModelFiles {
  return {
    list: () =>
      Promise.resolve(
        store
          .list(bucket, prefix)
          // A console's "folder" is an empty object whose key ends with a slash.
          .filter(({ key }) => !key.endsWith('/'))
          .map(({ key, sizeBytes }) => ({ path: key.slice(prefix.length), sizeBytes }))
      ),
    read: async (path, start = 0, end) => {
      const found = store.get(bucket, prefix + path);
      if (found === undefined) {
        throw new Error(`The file ${path} is missing from s3://${bucket}/${prefix}.`);
      }
      return found.readRange(start, Math.min(end ?? found.sizeBytes, found.sizeBytes));
    }
  };
}

/** Two equal ones mean that nothing was written in between. */
export function listingOf(store: ModelStore, bucket: string, prefix: string): string {
  return JSON.stringify(store.list(bucket, prefix).map(({ key, etag }) => [key, etag]));
}

export function snapshotFolder(state: SandboxState, modelId: string): string {
  return join(state.dataDirectory, 'bedrock-models', modelId);
}

export function removeSnapshot(state: SandboxState, modelId: string): Promise<void> {
  return rm(snapshotFolder(state, modelId), { recursive: true, force: true });
}

/**
 * Keeps the bytes of now for the imported model, which does not change when the objects in S3 do.
 * Hard links to the object store's body files cost no space, and those files never change. A
 * model is at most as many links as its uploads had parts.
 */
export async function takeSnapshot(
  store: ModelStore,
  place: { bucket: string; prefix: string },
  folder: string
): Promise<StoredModel['files']> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const linked = new Set<string>();
  const files: StoredModel['files'] = [];
  for (const { path, sizeBytes } of await filesInStore(store, place.bucket, place.prefix).list()) {
    const object = store.find(place.bucket, place.prefix + path);
    if (object === undefined) {
      throw new Error(`The file ${path} disappeared while it was imported.`);
    }
    for (const { file } of object.extents) {
      if (!linked.has(file)) {
        linked.add(file);
        const [from, to] = [store.bodies.path(file), join(folder, file)];
        // The copy is for file systems without hard links.
        await link(from, to).catch(() => copyFile(from, to));
      }
    }
    files.push({ path, sizeBytes, extents: [...object.extents] });
  }
  return files;
}

/** The files of an imported model, from its snapshot. */
export function filesInSnapshot(folder: string, files: StoredModel['files']): ModelFiles {
  const byPath = new Map(files.map(file => [file.path, file]));
  return {
    list: () => Promise.resolve(files.map(({ path, sizeBytes }) => ({ path, sizeBytes }))),
    read: async (path, start = 0, end) => {
      const file = byPath.get(path);
      if (file === undefined) {
        throw new Error(`The imported model has no file ${path}.`);
      }
      return readExtents(
        folder,
        file.extents,
        start,
        Math.min(end ?? file.sizeBytes, file.sizeBytes)
      );
    }
  };
}

async function readExtents(
  folder: string,
  extents: readonly Extent[],
  start: number,
  end: number
): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let before = 0;
  for (const extent of extents) {
    const from = Math.max(start, before);
    const to = Math.min(end, before + extent.length);
    if (to > from) {
      const target = bytes.subarray(from - start, to - start);
      await readFully(join(folder, extent.file), target, extent.offset + from - before);
    }
    before += extent.length;
  }
  return bytes;
}

async function readFully(path: string, target: Uint8Array, position: number): Promise<void> {
  const file = await open(path);
  try {
    for (let filled = 0; filled < target.length;) {
      const length = target.length - filled;
      const { bytesRead } = await file.read(target, filled, length, position + filled);
      if (bytesRead === 0) {
        throw new Error(
          'A file of the imported model is shorter than it was when it was imported.'
        );
      }
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
}
