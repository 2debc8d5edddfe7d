import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { BodyFiles } from './bodyFiles';
import { listFolder, readRecords, recordName, removeRecord, writeRecord } from './recordFiles';
import type { StoredBucket, StoredObject, StoredPart, StoredUpload } from './types';

/** An object for the other services of the sandbox. */
export interface ReadableObject {
  key: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  lastModified: Date;
  /** The file on disk that starts with its bytes; undefined when they are in several files. */
  path?: string;
  /** Bytes [start, end). */
  readRange(start: number, end: number): Promise<Uint8Array>;
}

interface UploadInProgress {
  upload: StoredUpload;
  parts: Map<number, StoredPart>;
}

/** Buckets, objects and uploads: in memory for reading, and on disk for the next run. */
export class ObjectStore {
  readonly bodies: BodyFiles;
  private readonly bucketsByName = new Map<string, StoredBucket>();
  private readonly objects = new Map<string, Map<string, StoredObject>>();
  /** Keys in the order of their UTF-8 bytes; undefined when it must be sorted again. */
  private readonly sortedKeys = new Map<string, string[]>();
  private readonly uploadsById = new Map<string, UploadInProgress>();

  constructor(private readonly directory: string) {
    this.bodies = new BodyFiles(join(directory, 'bodies'));
    for (const bucket of readRecords<StoredBucket>(join(directory, 'buckets'))) {
      this.addBucket(bucket);
    }
    for (const object of listFolder(join(directory, 'objects')).flatMap(bucket =>
      readRecords<StoredObject>(join(directory, 'objects', bucket))
    )) {
      this.objects.get(object.bucket)?.set(object.key, object);
      this.bodies.hold(object.extents);
    }
    for (const uploadId of listFolder(join(directory, 'uploads'))) {
      const folder = join(directory, 'uploads', uploadId);
      const [upload] = readRecords<StoredUpload>(folder);
      const parts = readRecords<StoredPart>(join(folder, 'parts'));
      if (upload !== undefined) {
        this.uploadsById.set(uploadId, {
          upload,
          parts: new Map(parts.map(part => [part.partNumber, part]))
        });
        parts.forEach(part => this.bodies.hold(part.extents));
      }
    }
    this.bodies.removeUnheld();
  }

  get(bucket: string, key: string): ReadableObject | undefined {
    const object = this.find(bucket, key);
    return object === undefined ? undefined : this.readable(object);
  }

  /** In the order of the keys' UTF-8 bytes. */
  list(bucket: string, prefix = ''): ReadableObject[] {
    const keys = this.keys(bucket);
    return keys.filter(key => key.startsWith(prefix)).flatMap(key => this.get(bucket, key) ?? []);
  }

  buckets(): StoredBucket[] {
    return [...this.bucketsByName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  bucket(name: string): StoredBucket | undefined {
    return this.bucketsByName.get(name);
  }

  createBucket(bucket: StoredBucket): void {
    writeRecord(join(this.directory, 'buckets', `${bucket.name}.json`), bucket);
    this.addBucket(bucket);
  }

  deleteBucket(name: string): void {
    removeRecord(join(this.directory, 'buckets', `${name}.json`));
    removeRecord(join(this.directory, 'objects', name));
    this.bucketsByName.delete(name);
    this.objects.delete(name);
    this.sortedKeys.delete(name);
    for (const { upload } of [...this.uploadsById.values()]) {
      if (upload.bucket === name) {
        this.deleteUpload(upload.uploadId);
      }
    }
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.objects.get(bucket)?.get(key);
  }

  keys(bucket: string): readonly string[] {
    let keys = this.sortedKeys.get(bucket);
    if (keys === undefined) {
      keys = [...(this.objects.get(bucket)?.keys() ?? [])].sort(compareUtf8);
      this.sortedKeys.set(bucket, keys);
    }
    return keys;
  }

  /** Puts the object in place of an earlier one. The object takes over the caller's hold of its bytes. */
  put(object: StoredObject): void {
    const objects = this.objects.get(object.bucket);
    const before = objects?.get(object.key);
    writeRecord(this.objectPath(object.bucket, object.key), object);
    objects?.set(object.key, object);
    if (before === undefined) {
      this.sortedKeys.delete(object.bucket);
    } else {
      this.bodies.release(before.extents);
    }
  }

  delete(bucket: string, key: string): void {
    const object = this.find(bucket, key);
    if (object !== undefined) {
      removeRecord(this.objectPath(bucket, key));
      this.objects.get(bucket)?.delete(key);
      this.sortedKeys.delete(bucket);
      this.bodies.release(object.extents);
    }
  }

  createUpload(upload: Omit<StoredUpload, 'uploadId'>): StoredUpload {
    const created = { ...upload, uploadId: randomBytes(24).toString('base64url') };
    writeRecord(join(this.uploadPath(created.uploadId), 'upload.json'), created);
    this.uploadsById.set(created.uploadId, { upload: created, parts: new Map() });
    return created;
  }

  uploads(bucket: string): StoredUpload[] {
    return [...this.uploadsById.values()]
      .map(({ upload }) => upload)
      .filter(upload => upload.bucket === bucket)
      .sort((a, b) => compareUtf8(a.key, b.key) || (a.initiated < b.initiated ? -1 : 1));
  }

  upload(uploadId: string): StoredUpload | undefined {
    return this.uploadsById.get(uploadId)?.upload;
  }

  part(uploadId: string, partNumber: number): StoredPart | undefined {
    return this.uploadsById.get(uploadId)?.parts.get(partNumber);
  }

  /** In the order of their numbers. */
  parts(uploadId: string): StoredPart[] {
    const parts = this.uploadsById.get(uploadId)?.parts.values() ?? [];
    return [...parts].sort((a, b) => a.partNumber - b.partNumber);
  }

  /** False when the upload has ended meanwhile; the bytes are then let go. */
  putPart(uploadId: string, part: StoredPart): boolean {
    const found = this.uploadsById.get(uploadId);
    if (found === undefined) {
      this.bodies.release(part.extents);
      return false;
    }
    const before = found.parts.get(part.partNumber);
    writeRecord(join(this.uploadPath(uploadId), 'parts', `${part.partNumber}.json`), part);
    found.parts.set(part.partNumber, part);
    if (before !== undefined) {
      this.bodies.release(before.extents);
    }
    return true;
  }

  deleteUpload(uploadId: string): void {
    for (const part of this.parts(uploadId)) {
      this.bodies.release(part.extents);
    }
    this.uploadsById.delete(uploadId);
    removeRecord(this.uploadPath(uploadId));
  }

  private addBucket(bucket: StoredBucket): void {
    this.bucketsByName.set(bucket.name, bucket);
    this.objects.set(bucket.name, new Map());
  }

  private objectPath(bucket: string, key: string): string {
    return join(this.directory, 'objects', bucket, recordName(key));
  }

  private uploadPath(uploadId: string): string {
    return join(this.directory, 'uploads', uploadId);
  }

  private readable(object: StoredObject): ReadableObject {
    const [first, second] = object.extents;
    const isWholeFile = first?.offset === 0 && second === undefined;
    return {
      key: object.key,
      sizeBytes: object.sizeBytes,
      etag: object.etag,
      lastModified: new Date(object.lastModified),
      path: isWholeFile ? this.bodies.path(first.file) : undefined,
      readRange: (start, end) =>
        this.bodies.read(object.extents, start, Math.min(end, object.sizeBytes))
    };
  }
}

export const compareUtf8 = (a: string, b: string) =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
