import { rm } from 'node:fs/promises';
import { throwIfCancelled } from '../../errors';
import type { HubClient } from '../../hub';
import type { CopyOptions, CopyRetry } from '../types';
import { placesOf } from './cacheLayout';
import { downloadRequest } from './downloadRequest';
import type { Downloadable } from './downloadRequest';
import { ModelDownload } from './modelDownload';

export const DEFAULT_DOWNLOAD_CONNECTIONS = 8;
const REPORT_MS = 250;

export interface DownloadProgress {
  totalBytes: number;
  /** Bytes that are on the disk, those that were there before included. */
  downloadedBytes: number;
  filesTotal: number;
  retries: number;
  /** Until the disk is full, at the present rate; missing while the download fits. */
  secondsUntilFull?: number;
}

export interface DownloadModelOptions {
  /** Absolute; see `hubCacheFolder`. */
  cacheFolder: string;
  /** Requests at the same time. @default 8 */
  connections?: number;
  signal?: AbortSignal;
  /** A few times a second, and at the end. */
  onProgress?: (progress: DownloadProgress) => void;
  onRetry?: (retry: CopyRetry) => void;
  /** While nothing moves because something is waited for: the network, or another program's lock. */
  onWait?: CopyOptions['onWait'];
}

export interface DownloadResult {
  /** The snapshot's folder, which other tools can be given as the model's path. */
  folder: string;
  totalBytes: number;
  files: number;
  /** Files that the cache held already. */
  cachedFiles: number;
  retries: number;
}

/**
 * Brings the files of a model into the Hugging Face cache, as huggingface_hub itself would leave them,
 * and checks every hash. What an interrupted download had brought is kept and used.
 *
 * @throws BedrockImportError `DISK_TOO_SMALL` (blocked), `DISK_NEARLY_FULL`, `DISK_FULL`, `DISK_DENIED`, `DISK_FAILED`,
 *   `HUB_FILE_MISMATCH`, `HUB_FILE_GONE`, `HUB_RANGE_IGNORED`, `COPY_GAVE_UP`, `CANCELLED`, and those of
 *   the hub
 */
export async function downloadModel(
  context: { hub: HubClient },
  what: Downloadable,
  options: DownloadModelOptions
): Promise<DownloadResult> {
  const { cacheFolder, signal, onProgress, onRetry, onWait } = options;
  const request = await downloadRequest(context.hub, what, signal);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const progress: DownloadProgress = {
    totalBytes: request.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    downloadedBytes: 0,
    filesTotal: request.files.length,
    retries: 0
  };
  const download = new ModelDownload({
    hub: context.hub,
    request,
    cacheFolder,
    connections: options.connections ?? DEFAULT_DOWNLOAD_CONNECTIONS,
    signal: stop.signal,
    onWait,
    onRetry: (path, { attempt, waitMs, fault }) => {
      progress.retries++;
      onRetry?.({ path, cause: fault.message, attempt, waitMs });
    },
    onBytes: (_path, bytes) => {
      progress.downloadedBytes += bytes;
    }
  });
  const report = (): void => {
    const { secondsUntilFull } = download;
    onProgress?.({ ...progress, ...(secondsUntilFull === undefined ? {} : { secondsUntilFull }) });
  };
  const timer = setInterval(report, REPORT_MS);
  try {
    throwIfCancelled(signal, request.model.id);
    const files = await download.finish();
    return {
      folder: download.folder,
      totalBytes: progress.totalBytes,
      files: files.length,
      cachedFiles: files.filter(({ cached }) => cached).length,
      retries: progress.retries
    };
  } catch (error) {
    throwIfCancelled(signal, request.model.id, error);
    throw error;
  } finally {
    stop.abort();
    await download.close();
    clearInterval(timer);
    report();
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Deletes what an unfinished download left, for someone who does not want to go on with it. Whole files
 * of the cache stay.
 *
 * @throws BedrockImportError those of the hub for a plan with rewritten texts
 */
export async function discardDownload(
  context: { hub: HubClient },
  what: Downloadable,
  options: { cacheFolder: string; signal?: AbortSignal }
): Promise<void> {
  const { model, files } = await downloadRequest(context.hub, what, options.signal);
  const cache = {
    cacheFolder: options.cacheFolder,
    modelId: model.id,
    commitSha: model.commitSha
  };
  for (const file of files) {
    const { incomplete, ranges } = placesOf(cache, file);
    await rm(incomplete, { force: true });
    await rm(ranges, { force: true });
  }
}
