import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { toDiskError } from '../../disk';
import { BedrockImportError } from '../../errors';
import { BufferPool } from '../folder/bufferPool';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget } from '../partMover';
import { sendObjectBytes, sendPartBytes } from '../sendBytes';
import type { PlannedFile } from '../types';
import { DEFAULT_DOWNLOAD_CONNECTIONS } from './downloadModel';
import { downloadRequest } from './downloadRequest';
import { ModelDownload } from './modelDownload';

/** Parts are held in memory while they are sent. */
const MEMORY_BYTES = 64 * 2 ** 20;
const MOST_CONNECTIONS = 16;

/**
 * From the hub into the Hugging Face cache on disk, and from there to S3. All files of the plan are
 * downloaded, those too that S3 has already: the cache is whole when the copy is done.
 */
export class DownloadMover implements PartMover {
  readonly maxConnections = MOST_CONNECTIONS;
  private readonly pool = new BufferPool(MEMORY_BYTES);
  private opened: Promise<ModelDownload> | undefined;

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly cacheFolder: string
  ) {}

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    const path = await this.local(file);
    const buffer = await this.pool.take(file.sizeBytes);
    try {
      await this.fill(buffer.bytes, file, path, 0);
      requireListed(file, buffer.bytes);
      return await sendObjectBytes(this.inputs, file, buffer.bytes);
    } finally {
      buffer.giveBack();
    }
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const path = await this.local(file);
    const buffer = await this.pool.take(part.end - part.start);
    try {
      return await sendPartBytes(this.inputs, file, part, async () => {
        await this.fill(buffer.bytes, file, path, part.start);
        return buffer.bytes;
      });
    } finally {
      buffer.giveBack();
    }
  }

  /** After a copy that went well, the files that did not have to go to S3 are brought too. */
  async close(): Promise<void> {
    if (!this.inputs.stop.signal.aborted) {
      const download = await this.download();
      try {
        await download.finish();
      } catch (error) {
        this.inputs.stop.abort();
        throw error;
      } finally {
        await download.close();
      }
      return;
    }
    const opened = await this.opened?.catch(() => undefined);
    await opened?.close();
  }

  private async local(file: PlannedFile): Promise<string> {
    const download = await this.download();
    return (await download.file(file.path)).path;
  }

  private download(): Promise<ModelDownload> {
    this.opened ??= this.open();
    return this.opened;
  }

  private async open(): Promise<ModelDownload> {
    const { context, plan, meter, stop, onRetry, outages } = this.inputs;
    const request = await downloadRequest(context.hub, plan, stop.signal);
    meter.downloadedBytes = 0;
    const download = new ModelDownload({
      hub: context.hub,
      request,
      cacheFolder: this.cacheFolder,
      connections: DEFAULT_DOWNLOAD_CONNECTIONS,
      signal: stop.signal,
      outages,
      onRetry: (path, { attempt, waitMs, fault }) =>
        onRetry({ path, cause: fault.message, attempt, waitMs }),
      onBytes: (_path, bytes) => {
        meter.downloadedBytes = (meter.downloadedBytes ?? 0) + bytes;
      }
    });
    meter.secondsUntilFull = () => download.secondsUntilFull;
    return download;
  }

  private async fill(
    bytes: Uint8Array,
    file: PlannedFile,
    path: string,
    start: number
  ): Promise<void> {
    try {
      const handle = await open(path, 'r');
      try {
        for (let filled = 0; filled < bytes.length;) {
          const { bytesRead } = await handle.read(
            bytes,
            filled,
            bytes.length - filled,
            start + filled
          );
          if (bytesRead === 0) {
            throw changed(file);
          }
          filled += bytesRead;
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        throw changed(file);
      }
      throw await toDiskError(error, { folder: this.cacheFolder, subject: file.path });
    }
  }
}

/** S3 is told the hash of what is sent, so what is sent has to be the hub's file. */
function requireListed(file: PlannedFile, bytes: Uint8Array): void {
  const hash =
    file.gitOid === undefined
      ? createHash('sha256').update(bytes)
      : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes);
  const listed = file.gitOid ?? file.sha256;
  if (listed !== undefined && hash.digest('hex') !== listed) {
    throw changed(file);
  }
}

function changed(file: PlannedFile): BedrockImportError {
  return new BedrockImportError({
    code: 'CACHE_CHANGED',
    message: 'The file was changed or deleted in the cache while it was being sent.',
    subject: file.path,
    nextStep:
      'Run the same command again while no other program cleans the Hugging Face cache: what is wrong is fetched anew.'
  });
}
