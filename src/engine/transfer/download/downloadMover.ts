import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { toDiskError } from '../../disk';
import { BedrockImportError } from '../../errors';
import { writeBytes } from '../manifest';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget } from '../partMover';
import { sendPartBytes } from '../sendBytes';
import type { PlannedFile } from '../types';
import { sourceMetadata } from '../uploads';
import { DEFAULT_DOWNLOAD_CONNECTIONS } from './downloadModel';
import { downloadRequest } from './downloadRequest';
import { ModelDownload } from './modelDownload';

/** Parts are held in memory while they are sent. */
const BUFFERED_BYTES = 256 * 2 ** 20;
const MOST_CONNECTIONS = 16;

/**
 * From the hub into the Hugging Face cache on disk, and from there to S3. All files of the plan are
 * downloaded, those too that S3 has already: the cache is whole when the copy is done.
 */
export class DownloadMover implements PartMover {
  readonly maxConnections: number;
  private opened: Promise<ModelDownload> | undefined;

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly cacheFolder: string
  ) {
    const largestPart = Math.max(1, ...inputs.plan.files.map(file => file.partSizeBytes));
    this.maxConnections = Math.max(
      1,
      Math.min(MOST_CONNECTIONS, Math.floor(BUFFERED_BYTES / largestPart))
    );
  }

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    const { context, plan, stop, meter } = this.inputs;
    const path = await this.local(file);
    const bytes = await this.read(file, path, 0, file.sizeBytes);
    requireListed(file, bytes);
    const written = await writeBytes(
      context.aws.s3,
      {
        bucket: plan.destination.bucket,
        key: file.key,
        bytes,
        metadata: sourceMetadata(plan.source, file)
      },
      stop.signal
    );
    meter.moved(file.path, written.sizeBytes, true);
    return { sha256: written.sha256, etag: written.etag, confirmed: written.checked };
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const path = await this.local(file);
    return await sendPartBytes(this.inputs, file, part, () =>
      this.read(file, path, part.start, part.end)
    );
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
        download.close();
      }
      return;
    }
    (await this.opened?.catch(() => undefined))?.close();
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
    const { context, plan, meter, stop, onRetry } = this.inputs;
    const request = await downloadRequest(context.hub, plan, stop.signal);
    meter.downloadedBytes = 0;
    return new ModelDownload({
      hub: context.hub,
      request,
      cacheFolder: this.cacheFolder,
      connections: DEFAULT_DOWNLOAD_CONNECTIONS,
      signal: stop.signal,
      onRetry: (path, { attempt, waitMs, fault }) =>
        onRetry({ path, cause: fault.message, attempt, waitMs }),
      onBytes: (_path, bytes) => {
        meter.downloadedBytes = (meter.downloadedBytes ?? 0) + bytes;
      }
    });
  }

  private async read(
    file: PlannedFile,
    path: string,
    start: number,
    end: number
  ): Promise<Uint8Array> {
    try {
      const handle = await open(path, 'r');
      try {
        const bytes = new Uint8Array(end - start);
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
        return bytes;
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
