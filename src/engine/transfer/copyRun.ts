import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { BedrockImportError } from '../errors';
import { mismatch, unexpected } from './copyErrors';
import { writeText } from './manifest';
import { createPartMover } from './partMover';
import type { CopyPortion } from './portion';
import type { MovedObject, PartMover, PartMoverInputs } from './partMover';
import { partRange } from './partSize';
import { proveObject } from './proof';
import { readBack } from './readBack';
import type { ProvedObject } from './readBack';
import type { FileProof, PlannedFile, ProofMethod } from './types';
import { completeUpload, openUpload, sourceMetadata } from './uploads';
import type { OpenUpload } from './uploads';
import { WorkQueue } from './workQueue';

/** What a run needs beside what sends its ranges. */
export interface CopyRunInputs extends PartMoverInputs {
  /** Upload ids of unfinished multipart uploads, newest first, by key. */
  unfinished: ReadonlyMap<string, readonly string[]>;
  /** Where others work on the same plan. */
  portion?: CopyPortion;
}

/** One file on its way. */
interface FileState {
  planned: PlannedFile;
  /** The parts (0-based) that are sent from here, where that is not all of them. */
  parts?: readonly number[];
  partsLeft: number;
  upload?: Promise<OpenUpload | undefined>;
  /** How often the whole file was sent. */
  round: number;
}

/** A file whose proof fails is sent again this often before the copy gives up. */
const MAX_ROUNDS = 3;

/** The carrying out of one plan: workers, the files they share, and what was proved. */
export class CopyRun {
  private readonly queue = new WorkQueue<FileState>();
  private readonly mover: PartMover;
  private readonly proofs = new Map<string, FileProof>();
  /** Keys of the files that went as multipart uploads. */
  readonly sentInParts = new Set<string>();
  private failure: BedrockImportError | undefined;
  /** Files whose parts from here have gone, and which others send parts of. */
  private readonly shared: { file: FileState; upload: OpenUpload }[] = [];

  constructor(private readonly inputs: CopyRunInputs) {
    this.mover = createPartMover(inputs);
  }

  /** Sends and proves everything; the first error that no retry mends stops all workers. */
  async execute(connections: number): Promise<FileProof[]> {
    const { plan } = this.inputs;
    const todo = plan.files.filter(({ action }) => action !== 'skip');
    for (const file of plan.files) {
      if (file.proof !== undefined) {
        this.proofs.set(file.path, file.proof);
      }
    }
    this.inputs.portion?.earlier.forEach(proof => this.proofs.set(proof.path, proof));
    if (this.mover.inOrder !== true) {
      // Large files first: their proof then runs while the small ones are still on their way.
      todo.sort((a, b) => b.sizeBytes - a.sizeBytes);
    }
    for (const planned of todo) {
      this.enqueue({ planned, partsLeft: 0, round: 1 });
    }
    const workers = Math.min(connections, this.mover.maxConnections ?? connections);
    try {
      do {
        await Promise.all(Array.from({ length: workers }, () => this.work()));
        const shared = this.failure === undefined ? this.shared.splice(0) : [];
        await Promise.all(shared.map(({ file, upload }) => this.settleShared(file, upload)));
      } while (!this.queue.isEmpty);
    } finally {
      await this.mover.close();
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
    const { portion } = this.inputs;
    const settled = plan.files.filter(file => portion?.settles(file) ?? true);
    return settled.map(({ path }) => {
      const proof = this.proofs.get(path);
      if (proof === undefined) {
        throw new BedrockImportError({
          code: 'NOT_PROVED',
          message: 'The copy ended without a proof of this file.',
          subject: path,
          nextStep: 'Run the command again and report this as a fault of jupyterlab-bedrock-import.'
        });
      }
      return proof;
    });
  }

  private enqueue(file: FileState): void {
    const { action, method, partCount } = file.planned;
    const all = action === 'copy' && method === 'multipart' ? partCount : 1;
    // What has to go again goes from here alone: the others have ended, perhaps.
    const own = file.round === 1 ? this.inputs.portion?.parts(file.planned) : undefined;
    const count = own?.length ?? all;
    if (count > 0) {
      this.queue.push({ file: { ...file, parts: own, partsLeft: count }, partCount: count });
    }
  }

  private async work(): Promise<void> {
    for (;;) {
      const part = await this.queue.take();
      if (part === undefined) {
        return;
      }
      try {
        await this.process(part.file, part.file.parts?.[part.index] ?? part.index);
      } catch (error) {
        this.failure ??=
          error instanceof BedrockImportError ? error : unexpected(part.file.planned, error);
        this.inputs.stop.abort();
        this.queue.close();
      } finally {
        this.queue.release();
      }
    }
  }

  private async process(file: FileState, index: number): Promise<void> {
    const { planned } = file;
    const { meter } = this.inputs;
    if (planned.action === 'prove') {
      meter.setState(planned.path, 'proving');
      return this.settle(file, await this.prove(planned, ''));
    }
    meter.setState(planned.path, 'copying');
    if (planned.action === 'write') {
      return this.writeContent(planned);
    }
    if (planned.method === 'multipart') {
      return this.sendPart(file, index);
    }
    const moved = await this.mover.moveObject(planned);
    await this.confirmMoved(planned, moved);
  }

  private async writeContent(planned: PlannedFile): Promise<void> {
    const { context, plan, stop } = this.inputs;
    const written = await writeText(
      context.aws.s3,
      {
        bucket: plan.destination.bucket,
        key: planned.key,
        text: planned.content ?? '',
        metadata: sourceMetadata(plan.source, planned)
      },
      stop.signal
    );
    this.inputs.meter.moved(planned.path, written.sizeBytes, true);
    await this.confirmMoved(planned, { ...written, confirmed: written.checked });
  }

  /** A store that does not confirm the checksum it was sent is read back. */
  private async confirmMoved(planned: PlannedFile, moved: MovedObject): Promise<void> {
    if (moved.confirmed && moved.sha256 !== undefined) {
      this.proved(planned, moved.sha256, moved.etag, moved.provedBy ?? 's3-put-checksum');
      return;
    }
    const { context, plan, stop } = this.inputs;
    this.inputs.meter.setState(planned.path, 'proving');
    const found = await readBack(
      context.aws.s3,
      {
        bucket: plan.destination.bucket,
        key: planned.key,
        sizeBytes: planned.sizeBytes,
        sha256: moved.sha256,
        metadata: {},
        etag: moved.etag
      },
      stop.signal
    );
    if (!found.matches) {
      throw mismatch(planned, 1, await this.discard(planned));
    }
    this.proved(planned, found.sha256, found.etag, found.provedBy);
  }

  private async sendPart(file: FileState, index: number): Promise<void> {
    const { meter, portion } = this.inputs;
    const { planned } = file;
    file.upload ??= this.openUpload(file);
    this.sentInParts.add(planned.key);
    const upload = await file.upload;
    if (upload === undefined) {
      // Whole already, by an earlier run; whoever completed it has to prove it.
      file.partsLeft--;
      if (file.partsLeft === 0 && portion?.settles(planned) === true) {
        await this.settle(file, await this.prove(planned, ''));
      }
      return;
    }
    const partNumber = index + 1;
    const { start, end } = partRange(planned.sizeBytes, planned.partSizeBytes, index);
    if (upload.etags.has(partNumber)) {
      meter.moved(planned.path, end - start, false);
      this.mover.skipPart?.(planned, index);
    } else {
      const { uploadId } = upload;
      const { etag } = await this.mover.movePart(planned, { uploadId, partNumber, start, end });
      upload.etags.set(partNumber, etag);
    }
    file.partsLeft--;
    if (file.partsLeft > 0) {
      return;
    }
    if (file.parts !== undefined) {
      // Others send parts of it, too: waiting for them must not hold up parts that they wait for.
      this.shared.push({ file, upload });
      return;
    }
    await this.settleUpload(file, upload);
  }

  private async settleShared(file: FileState, upload: OpenUpload): Promise<void> {
    const { portion } = this.inputs;
    if (portion?.settles(file.planned) === true) {
      await portion.gather(file.planned, upload);
      await this.settleUpload(file, upload);
    }
  }

  private async settleUpload(file: FileState, upload: OpenUpload): Promise<void> {
    const { context, plan, meter, stop } = this.inputs;
    const { planned } = file;
    const { bucket } = plan.destination;
    meter.setState(planned.path, 'proving');
    const { etag } = await completeUpload(
      context.aws.s3,
      { bucket, file: planned, upload },
      stop.signal
    );
    await this.settle(file, await this.prove(planned, etag));
  }

  private async openUpload(file: FileState): Promise<OpenUpload | undefined> {
    const { context, plan, portion, stop } = this.inputs;
    const { planned } = file;
    if (portion !== undefined && file.round === 1) {
      return portion.upload(planned);
    }
    return openUpload(
      context.aws.s3,
      {
        bucket: plan.destination.bucket,
        file: planned,
        metadata: sourceMetadata(plan.source, planned),
        // After a failed proof nothing of the earlier parts is trusted.
        unfinished: file.round === 1 ? (this.inputs.unfinished.get(planned.key) ?? []) : []
      },
      stop.signal
    );
  }

  private async prove(planned: PlannedFile, etag: string): Promise<ProvedObject> {
    const { context, plan, stop } = this.inputs;
    return proveObject(
      context.aws.s3,
      {
        bucket: plan.destination.bucket,
        key: planned.key,
        sizeBytes: planned.sizeBytes,
        sha256: planned.sha256 ?? (await this.mover.hashOf?.(planned)),
        gitOid: planned.gitOid,
        metadata: sourceMetadata(plan.source, planned),
        etag
      },
      stop.signal
    );
  }

  /** Keeps a proof, or deletes the object, for it must not look whole, and sends the file again. */
  private async settle(file: FileState, found: ProvedObject): Promise<void> {
    const { planned } = file;
    if (found.matches) {
      this.proved(planned, found.sha256, found.etag, found.provedBy);
      return;
    }
    const discarded = await this.discard(planned);
    if (file.round >= MAX_ROUNDS) {
      throw mismatch(planned, file.round, discarded);
    }
    this.inputs.onRetry({
      path: planned.path,
      cause: 'the object in S3 does not have the SHA-256 that the hub publishes',
      attempt: file.round,
      waitMs: 0
    });
    this.inputs.meter.restart(planned.path);
    this.enqueue({
      planned: { ...planned, action: 'copy' },
      partsLeft: 0,
      round: file.round + 1
    });
  }

  /** @returns whether the object is gone; the caller may lack s3:DeleteObject. */
  private async discard(planned: PlannedFile): Promise<boolean> {
    const { context, plan, stop } = this.inputs;
    return context.aws.s3
      .send(new DeleteObjectCommand({ Bucket: plan.destination.bucket, Key: planned.key }), {
        abortSignal: stop.signal
      })
      .then(
        () => true,
        () => false
      );
  }

  private proved(planned: PlannedFile, sha256: string, etag: string, provedBy: ProofMethod): void {
    const proof: FileProof = {
      path: planned.path,
      key: planned.key,
      sizeBytes: planned.sizeBytes,
      sha256,
      ...(planned.gitOid === undefined ? {} : { gitOid: planned.gitOid }),
      provedBy,
      etag,
      rewritten: planned.content !== undefined
    };
    this.proofs.set(planned.path, proof);
    this.inputs.portion?.proved(proof);
    this.inputs.meter.setState(planned.path, 'proved', provedBy);
  }
}
