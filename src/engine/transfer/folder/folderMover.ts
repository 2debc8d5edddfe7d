import { createHash } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { BedrockImportError } from '../../errors';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget } from '../partMover';
import { MiB } from '../partSize';
import type { FolderSource } from '../planSource';
import { sendObjectBytes, sendPartBytes } from '../sendBytes';
import type { PlannedFile } from '../types';
import { BufferPool } from './bufferPool';
import { FollowingHash } from './fileHash';
import { fileChanged } from './folderErrors';
import type { FolderRoots } from './folderRoots';
import { withLocalFile } from './localFile';
import { resolveFolder } from './openFolder';

const MEMORY_BYTES = 64 * MiB;
const MOST_CONNECTIONS = 16;

/** From a folder on this machine to S3, through a bounded number of buffers. */
export class FolderMover implements PartMover {
  readonly maxConnections = MOST_CONNECTIONS;
  private readonly pool = new BufferPool(MEMORY_BYTES);
  private readonly hashes = new Map<string, FollowingHash>();
  private roots: Promise<FolderRoots> | undefined;

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly source: FolderSource
  ) {}

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    const roots = await this.folder();
    const buffer = await this.pool.take(file.sizeBytes);
    try {
      const { bytes } = buffer;
      await withLocalFile(roots, file, reader => reader.fill(bytes, 0));
      if (file.sha256 !== undefined) {
        requireHash(file, createHash('sha256').update(bytes).digest('hex'));
      }
      return await sendObjectBytes(this.inputs, file, bytes);
    } finally {
      buffer.giveBack();
    }
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const roots = await this.folder();
    const hash = this.followingHash(roots, file);
    const buffer = await this.pool.take(part.end - part.start);
    try {
      return await sendPartBytes(this.inputs, file, part, async () => {
        await withLocalFile(roots, file, reader => reader.fill(buffer.bytes, part.start));
        hash?.advance(part.end);
        return buffer.bytes;
      });
    } finally {
      buffer.giveBack();
    }
  }

  skipPart(file: PlannedFile, index: number): void {
    this.hashes.get(file.path)?.advance((index + 1) * file.partSizeBytes);
  }

  async hashOf(file: PlannedFile): Promise<string> {
    const roots = await this.folder();
    const hash =
      this.hashes.get(file.path) ?? new FollowingHash(roots, file, this.inputs.stop.signal);
    // A second round sends the file anew and has to look at it anew.
    this.hashes.delete(file.path);
    try {
      return await hash.value(file.sizeBytes);
    } catch (error) {
      if (error instanceof BedrockImportError && error.code === 'FILE_CHANGED') {
        await this.discard(file);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.hashes.forEach(hash => hash.giveUp());
    this.hashes.clear();
  }

  /** The object is whole and of no version that can be proved any more. */
  private async discard(file: PlannedFile): Promise<void> {
    const { context, plan, stop } = this.inputs;
    const target = { Bucket: plan.destination.bucket, Key: file.key };
    await context.aws.s3
      .send(new DeleteObjectCommand(target), { abortSignal: stop.signal })
      // Without the permission the next run finds it to be another one.
      .catch(() => undefined);
  }

  private folder(): Promise<FolderRoots> {
    this.roots ??= resolveFolder(this.source.path);
    return this.roots;
  }

  private followingHash(roots: FolderRoots, file: PlannedFile): FollowingHash | undefined {
    if (file.sha256 !== undefined) {
      return undefined;
    }
    let hash = this.hashes.get(file.path);
    if (hash === undefined) {
      hash = new FollowingHash(roots, file, this.inputs.stop.signal);
      this.hashes.set(file.path, hash);
    }
    return hash;
  }
}

function requireHash(file: PlannedFile, found: string): void {
  if (file.sha256 !== found) {
    throw fileChanged(file.path, 'its SHA-256 is another one than when the copy was planned');
  }
}
