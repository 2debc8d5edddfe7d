import { createHash } from 'node:crypto';
import { BedrockImportError, cancelledError } from '../../errors';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget } from '../partMover';
import type { ArchiveSource } from '../planSource';
import { sendObjectBytes, sendPartBytes } from '../sendBytes';
import type { PlannedFile } from '../types';
import { archiveError, ArchiveFault, formatArchive } from './archiveErrors';
import { MemberReader } from './memberReader';
import { PartBuffers } from './partBuffers';
import { ServeOrder } from './serveOrder';
import type { LentBytes, Wanted } from './serveOrder';

/** All part buffers together. */
const BUFFER_BYTES = 48 * 2 ** 20;
/** One gunzip feeds no more connections than this: two send while the buffer of the third is filled. */
const MAX_CONNECTIONS = 3;
/** The archive, or a file in it, that does not read as it did for the index is read anew this often. */
const MAX_READINGS = 3;

/**
 * From an archive in S3 to files in S3: one reader unpacks the archive from its beginning to its end
 * and fills part buffers in that order, as parts are asked for. Parts that S3 has are passed over.
 */
export class ArchiveMover implements PartMover {
  readonly inOrder = true;
  readonly maxConnections: number;
  private readonly order: ServeOrder;
  private readonly buffers: PartBuffers;
  private readonly reader: MemberReader;
  private readonly reading: Promise<void>;
  private readonly onAbort: () => void;

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly source: ArchiveSource
  ) {
    const { context, plan, stop, onRetry } = inputs;
    const files = plan.files.filter(file => file.content === undefined && file.sizeBytes > 0);
    const largest = files.reduce((size, file) => Math.max(size, bytesInMemory(file)), 1);
    this.maxConnections = Math.min(
      MAX_CONNECTIONS,
      Math.max(1, Math.floor(BUFFER_BYTES / largest))
    );
    this.buffers = new PartBuffers(this.maxConnections, largest);
    this.order = new ServeOrder(files.filter(({ action }) => action === 'copy'));
    this.reader = new MemberReader(context.aws, source, {
      signal: stop.signal,
      onBytes: () => inputs.outages?.alive(),
      onRetry: notice => onRetry({ path: formatArchive(source), ...notice })
    });
    this.onAbort = () => this.order.close(cancelledError(formatArchive(source)));
    stop.signal.addEventListener('abort', this.onAbort, { once: true });
    if (stop.signal.aborted) {
      this.onAbort();
    }
    this.reading = this.readInOrder();
  }

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    if (file.sizeBytes === 0) {
      return sendObjectBytes(this.inputs, file, new Uint8Array(0));
    }
    for (let reading = 1; ; reading++) {
      const lent = await this.ask(file, 0);
      try {
        const found = createHash('sha256').update(lent.bytes).digest('hex');
        if (file.sha256 === undefined || found === file.sha256) {
          return await sendObjectBytes(this.inputs, file, lent.bytes);
        }
      } finally {
        lent.release();
      }
      const cause = 'the file in the archive does not have the SHA-256 that it had for the index';
      if (reading >= MAX_READINGS) {
        throw new BedrockImportError({
          code: 'SOURCE_FILE_MISMATCH',
          message: `After ${reading} readings, ${cause}.`,
          subject: file.path,
          nextStep: 'Run the command again: it reads the archive anew and plans anew.'
        });
      }
      this.inputs.onRetry({ path: file.path, cause, attempt: reading, waitMs: 0 });
    }
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const lent = await this.ask(file, part.start, part.uploadId);
    try {
      return await sendPartBytes(this.inputs, file, part, () => Promise.resolve(lent.bytes));
    } finally {
      lent.release();
    }
  }

  skipPart(file: PlannedFile, index: number): void {
    this.order.skip(file, index * file.partSizeBytes);
  }

  async close(): Promise<void> {
    this.inputs.stop.signal.removeEventListener('abort', this.onAbort);
    this.order.close(cancelledError(formatArchive(this.source)));
    await this.reader.close();
    await this.reading;
  }

  private ask(file: PlannedFile, start: number, upload?: string): Promise<LentBytes> {
    // Whoever tries for all others whether an outage is over must not wait here for their parts.
    this.inputs.outages?.alive();
    return this.order.ask(file, start, upload);
  }

  private async readInOrder(): Promise<void> {
    for (let wanted = await this.order.next(); wanted; wanted = await this.order.next()) {
      const lent = await this.buffers.take(wanted.end - wanted.start);
      try {
        await this.read(wanted, lent);
        wanted.answer(lent);
      } catch (error) {
        lent.release();
        wanted.refuse(error);
      }
    }
  }

  private async read({ file, start }: Wanted, lent: LentBytes): Promise<void> {
    const { offset } = file;
    if (offset === undefined) {
      throw new TypeError(`The plan does not say where ${file.path} is in the archive`);
    }
    for (let reading = 1; ; reading++) {
      try {
        return await this.reader.fill(offset + start, lent.bytes);
      } catch (error) {
        if (!(error instanceof ArchiveFault)) {
          throw error;
        }
        if (reading >= MAX_READINGS) {
          const failure = archiveError(this.source, error);
          // No other part can be read either.
          this.order.close(failure);
          throw failure;
        }
        // It could be read when the index was made, so the bytes were damaged on their way here.
        const cause = error.message;
        this.inputs.onRetry({
          path: formatArchive(this.source),
          cause,
          attempt: reading,
          waitMs: 0
        });
        await this.reader.close();
      }
    }
  }
}

/** What of a file is in memory at once. */
function bytesInMemory(file: PlannedFile): number {
  return file.method === 'multipart' ? file.partSizeBytes : file.sizeBytes;
}
