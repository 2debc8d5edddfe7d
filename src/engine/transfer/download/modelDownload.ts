import { BedrockImportError } from '../../errors';
import type { HubClient } from '../../hub';
import { createBytePipe } from '../bytes';
import type { BytePipe } from '../bytes';
import { Outages } from '../outages';
import type { RetryNotice } from '../retry';
import { Slots } from '../slots';
import type { CopyOptions } from '../types';
import { writeReference, writeTree } from './cacheEntry';
import { blobName, snapshotFolder } from './cacheLayout';
import type { CachedModel } from './cacheLayout';
import { DiskGuard } from './diskGuard';
import { downloadFile } from './downloadFile';
import type { DownloadedFile, FileDownloadInputs } from './downloadFile';
import type { DownloadRequest } from './downloadRequest';
import { planRequest, requireRoom } from './planDownload';
import type { DownloadPlan } from './planDownload';

/** While one file is hashed, another one keeps the network busy. */
const FILES_AT_ONCE = 3;

export interface ModelDownloadInputs {
  hub: HubClient;
  request: DownloadRequest;
  cacheFolder: string;
  /** Requests at the same time. */
  connections: number;
  signal: AbortSignal;
  onRetry: (path: string, notice: RetryNotice) => void;
  onWait?: CopyOptions['onWait'];
  /** Those of the copy that this belongs to. @default its own */
  outages?: Outages;
  /** Bytes that came to be on the disk, or (negative) had to be given up. */
  onBytes: (path: string, bytes: number) => void;
}

/** The files of a model on their way into the cache, the largest first. */
export class ModelDownload {
  private readonly cache: CachedModel;
  private readonly pipe: BytePipe;
  private readonly files = new Map<string, Promise<DownloadedFile>>();
  private readonly stopped = new AbortController();
  private started: Promise<void> | undefined;
  private guard: DiskGuard | undefined;
  private arrivedBytes = 0;

  constructor(private readonly inputs: ModelDownloadInputs) {
    const { cacheFolder, request, connections } = inputs;
    this.cache = {
      cacheFolder,
      modelId: request.model.id,
      commitSha: request.model.commitSha
    };
    this.pipe = createBytePipe({ connections });
  }

  /** Where the files are once they have come. */
  get folder(): string {
    return snapshotFolder(this.cache);
  }

  /** At the present rate; undefined while the download fits, or that is not known. */
  get secondsUntilFull(): number | undefined {
    return this.guard?.secondsUntilFull;
  }

  /**
   * Waits for one file; asking for the first one begins with all.
   *
   * @throws BedrockImportError `DISK_TOO_SMALL`, `DISK_NEARLY_FULL` and those of `downloadFile`
   */
  async file(path: string): Promise<DownloadedFile> {
    await this.start();
    const file = this.files.get(path);
    if (file === undefined) {
      throw new BedrockImportError({
        code: 'HUB_FILE_NOT_FOUND',
        message: 'The model has no such file at this commit.',
        subject: path,
        nextStep: 'Run the command again to plan anew.'
      });
    }
    return await file;
  }

  /** Waits for all, and makes the model known under its branch or tag. */
  async finish(): Promise<DownloadedFile[]> {
    await this.start();
    const found = await Promise.all(this.files.values());
    const { model, files, revision } = this.inputs.request;
    const all = new Set(files.map(({ path }) => path));
    // A plan's listing has no git hashes of LFS files, which a whole listing has.
    if (model.files.every(({ path, gitOid }) => all.has(path) && gitOid !== '')) {
      await writeTree(this.cache, model.files).catch(() => undefined);
    }
    if (revision !== undefined) {
      await writeReference(this.cache, revision);
    }
    return found;
  }

  /** Waits until nothing is written any more: all files are there, or the signal has stopped them. */
  async close(): Promise<void> {
    await this.started?.catch(() => undefined);
    await Promise.allSettled(this.files.values());
    this.guard?.stop();
    this.pipe.close();
  }

  private start(): Promise<void> {
    this.started ??= this.begin();
    return this.started;
  }

  private async begin(): Promise<void> {
    const { request, cacheFolder, connections, hub, onWait } = this.inputs;
    const signal = AbortSignal.any([this.inputs.signal, this.stopped.signal]);
    const plan = await planRequest(request, { cacheFolder, signal });
    requireRoom(plan);
    const guard = this.watch(plan);
    const inputs: FileDownloadInputs = {
      hub,
      model: request.model,
      pipe: this.pipe,
      signal,
      cache: this.cache,
      slots: new Slots(connections),
      outages: this.inputs.outages ?? new Outages({ signal, onWait }),
      onRetry: this.inputs.onRetry,
      onWait,
      onBytes: (path, bytes) => {
        this.arrivedBytes += bytes;
        this.inputs.onBytes(path, bytes);
      },
      onWritten: bytes => guard.wrote(bytes)
    };
    const turns = new Slots(FILES_AT_ONCE);
    const blobs = new Map<string, Promise<unknown>>();
    for (const file of [...request.files].sort((a, b) => b.sizeBytes - a.sizeBytes)) {
      // Files with the same content are one blob, which must not be written twice at once.
      const same = blobs.get(blobName(file));
      const downloaded = (same?.catch(() => undefined) ?? Promise.resolve())
        .then(() => turns.within(() => downloadFile(inputs, file)))
        .catch((error: unknown) => {
          // What was stopped for the disk's sake was not stopped by the user.
          throw guard.failure ?? error;
        });
      // Who asks for the file is told; the others are stopped by the signal.
      downloaded.catch(() => undefined);
      blobs.set(blobName(file), downloaded);
      this.files.set(file.path, downloaded);
    }
    void Promise.allSettled(this.files.values()).then(() => guard.stop());
  }

  private watch(plan: DownloadPlan): DiskGuard {
    const guard = new DiskGuard({
      usage: plan.disk.usage,
      remainingBytes: () => Math.max(0, plan.totalBytes - this.arrivedBytes),
      onNearlyFull: () => this.stopped.abort()
    });
    if (plan.bytesToDownload > 0) {
      guard.start();
    }
    this.guard = guard;
    return guard;
  }
}
