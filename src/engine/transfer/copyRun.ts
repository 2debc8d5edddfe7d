import { BedrockImportError } from '../errors';
import { ConcurrencyController } from './concurrency';
import type { ConcurrencyChange } from './concurrency';
import { unexpected } from './copyErrors';
import { fileProof, FileProofs } from './fileProofs';
import { mismatch } from './mismatch';
import { createPartMover } from './createPartMover';
import type { PartMover, PartMoverInputs } from './partMover';
import { partRange } from './partSize';
import { describeHash } from './planSource';
import type { CopyPortion } from './portion';
import { readProcessorTimes } from './processorTimes';
import type { ProvedObject } from './readBack';
import { sendObjectBytes } from './sendBytes';
import { Slots } from './slots';
import type { FileProof, PlannedFile } from './types';
import { completeUpload, findCompleted, isUploadGone, openUpload, sourceMetadata } from './uploads';
import type { OpenUpload } from './uploads';
import { WorkQueue } from './workQueue';

/** What a run needs beside what sends its ranges. */
export interface CopyRunInputs extends PartMoverInputs {
  /** Upload ids of unfinished multipart uploads, newest first, by key. */
  unfinished: ReadonlyMap<string, readonly string[]>;
  /** Where others work on the same plan. */
  portion?: CopyPortion;
  onConnections?: (change: ConcurrencyChange) => void;
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
  /** How often its upload was completed or aborted by somebody else. */
  lostUploads: number;
  /** Its upload is gone, and its parts with it: the file has a new state, or needs none. */
  lost?: boolean;
}

/** What is left to do for a file when its bytes have gone; it needs no connection of its own. */
type Rest = () => Promise<void>;

/** A file whose proof fails is sent again this often before the copy gives up. */
const MAX_ROUNDS = 3;
const MAX_LOST_UPLOADS = 3;

/** With so many connections a copy begins; where requests are small, their number counts. */
const FIRST_CONNECTIONS = 8;
const FIRST_CONNECTIONS_SMALL = 32;
const SMALL_BYTES = 2 * 2 ** 20;
/** What a request costs beside its bytes, as bytes, so that many small files have a rate, too. */
const REQUEST_BYTES = 256 * 2 ** 10;
const LOOK_MS = 200;

/** The carrying out of one plan: workers, the files they share, and what was proved. */
export class CopyRun {
  /** Keys of the files that went as multipart uploads. */
  readonly sentInParts = new Set<string>();
  /** Uploads that this run began or went on with. */
  readonly ownUploads = new Set<string>();
  /** A request to begin an upload was repeated. */
  repeatedUploads = false;
  private readonly queue = new WorkQueue<FileState>();
  private readonly mover: PartMover;
  private readonly proving: FileProofs;
  private readonly proofs = new Map<string, FileProof>();
  private readonly finishing = new Set<Promise<void>>();
  private readonly slots = new Slots(1);
  private controller: ConcurrencyController | undefined;
  private failure: BedrockImportError | undefined;
  /** Files whose parts from here have gone, and which others send parts of. */
  private readonly shared: { file: FileState; upload: OpenUpload }[] = [];

  constructor(private readonly inputs: CopyRunInputs) {
    this.mover = createPartMover({ ...inputs, onBusy: why => this.congested(why) });
    this.proving = new FileProofs(inputs, this.mover);
  }

  /** Sends and proves everything; the first error that no retry mends stops all workers. */
  async execute(connections: number): Promise<FileProof[]> {
    const { plan, portion } = this.inputs;
    const todo = plan.files.filter(({ action }) => action !== 'skip');
    for (const file of plan.files) {
      if (file.proof !== undefined) {
        this.proofs.set(file.path, file.proof);
      }
    }
    portion?.earlier.forEach(proof => this.proofs.set(proof.path, proof));
    if (this.mover.inOrder !== true) {
      // Large files first: their proof then runs while the small ones are still on their way.
      todo.sort((a, b) => b.sizeBytes - a.sizeBytes);
    }
    for (const planned of todo) {
      this.enqueue({ planned, round: 1, lostUploads: 0 });
    }
    const limit = Math.max(1, Math.min(connections, this.mover.maxConnections ?? connections));
    const timer = this.control(limit, todo);
    try {
      do {
        await Promise.all(Array.from({ length: limit }, () => this.work()));
        await Promise.all(this.finishing);
        const shared = this.failure === undefined ? this.shared.splice(0) : [];
        await Promise.all(shared.map(({ file, upload }) => this.settleShared(file, upload)));
      } while (!this.queue.isEmpty);
    } finally {
      clearInterval(timer);
      await this.mover.close();
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
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

  private control(limit: number, todo: readonly PlannedFile[]): ReturnType<typeof setInterval> {
    const { meter } = this.inputs;
    const pieces = todo.reduce((sum, { partCount }) => sum + partCount, 0);
    const bytes = todo.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const controller = new ConcurrencyController({
      limit,
      start: bytes / pieces < SMALL_BYTES ? FIRST_CONNECTIONS_SMALL : FIRST_CONNECTIONS,
      now: Date.now()
    });
    this.controller = controller;
    this.follow({ connections: controller.level, why: 'the start' });
    return setInterval(() => {
      this.follow(
        controller.look(Date.now(), {
          work: meter.movedNow + meter.requestsDone * REQUEST_BYTES,
          events: meter.events,
          busy: !this.queue.isEmpty && this.inputs.outages?.isWaiting !== true,
          processor: readProcessorTimes
        })
      );
    }, LOOK_MS);
  }

  /** A server is overloaded. */
  congested(why: string): void {
    this.follow(this.controller?.congested(Date.now(), why));
  }

  private follow(change: ConcurrencyChange | undefined): void {
    if (change !== undefined) {
      this.slots.resize(change.connections);
      this.inputs.meter.setConnections(change.connections);
      this.inputs.onConnections?.(change);
    }
  }

  private enqueue(file: Pick<FileState, 'planned' | 'round' | 'lostUploads'>): void {
    const { planned, round, lostUploads } = file;
    const { action, method, partCount } = planned;
    const all = action === 'copy' && method === 'multipart' ? partCount : 1;
    // What has to go again goes from here alone: the others have ended, perhaps.
    const first = round === 1 && lostUploads === 0;
    const parts = first ? this.inputs.portion?.parts(planned) : undefined;
    const count = parts?.length ?? all;
    if (count > 0) {
      this.queue.push({
        file: { planned, round, lostUploads, parts, partsLeft: count },
        partCount: count
      });
    }
  }

  private async work(): Promise<void> {
    for (;;) {
      await this.slots.take();
      const part = await this.queue.take();
      if (part === undefined) {
        this.slots.free();
        return;
      }
      const { file, index } = part;
      let rest: Rest | undefined;
      try {
        rest = await this.patiently(() => this.process(file, file.parts?.[index] ?? index));
      } catch (error) {
        this.fail(file, error);
      } finally {
        this.slots.free();
      }
      const finished = this.finish(file, rest);
      this.finishing.add(finished);
      void finished.then(() => this.finishing.delete(finished));
    }
  }

  private async finish(file: FileState, rest: Rest | undefined): Promise<void> {
    try {
      await rest?.();
    } catch (error) {
      this.fail(file, error);
    } finally {
      this.queue.release();
    }
  }

  private fail(file: FileState, error: unknown): void {
    this.failure ??= error instanceof BedrockImportError ? error : unexpected(file.planned, error);
    this.inputs.stop.abort();
    this.queue.close();
  }

  /** Waits while the network or the credentials are gone. */
  private patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.inputs.outages?.through(work) ?? work();
  }

  private async process(file: FileState, index: number): Promise<Rest | undefined> {
    const { planned } = file;
    const { meter } = this.inputs;
    if (planned.action === 'prove') {
      return () => this.prove(file, '');
    }
    if (planned.action === 'copy' && planned.method === 'multipart') {
      return this.sendPart(file, index);
    }
    meter.setState(planned.path, 'copying');
    const moved =
      planned.action === 'write'
        ? await sendObjectBytes(
            this.inputs,
            planned,
            new TextEncoder().encode(planned.content ?? '')
          )
        : await this.mover.moveObject(planned);
    return async () => {
      const found = await this.proving.confirm(planned, moved);
      if (!found.matches) {
        throw mismatch(this.inputs.plan.source, planned, 1, await this.proving.discard(planned));
      }
      this.proved(planned, found);
    };
  }

  private async sendPart(file: FileState, index: number): Promise<Rest | undefined> {
    const { meter, portion } = this.inputs;
    const { planned } = file;
    if (isLost(file)) {
      this.mover.skipPart?.(planned, index);
      return undefined;
    }
    meter.setState(planned.path, 'copying');
    file.upload ??= this.openUpload(file);
    this.sentInParts.add(planned.key);
    const opened = file.upload;
    const upload = await opened.catch((error: unknown) => {
      // Whoever tries again opens it anew.
      file.upload = file.upload === opened ? undefined : file.upload;
      throw error;
    });
    if (upload === undefined) {
      // Whole already, by an earlier run; whoever completed it has to prove it.
      this.mover.skipPart?.(planned, index);
      file.partsLeft--;
      const settles = file.partsLeft === 0 && portion?.settles(planned) === true;
      return settles ? () => this.prove(file, '') : undefined;
    }
    const partNumber = index + 1;
    const { start, end } = partRange(planned.sizeBytes, planned.partSizeBytes, index);
    if (upload.etags.has(partNumber)) {
      meter.moved(planned.path, end - start, false);
      this.mover.skipPart?.(planned, index);
    } else {
      const { uploadId } = upload;
      try {
        const { etag } = await this.mover.movePart(planned, { uploadId, partNumber, start, end });
        upload.etags.set(partNumber, etag);
      } catch (error) {
        return this.withoutUpload(file, error);
      }
    }
    file.partsLeft--;
    if (file.partsLeft > 0 || isLost(file)) {
      return undefined;
    }
    if (file.parts !== undefined) {
      // Others send parts of it, too: waiting for them must not hold up parts that they wait for.
      this.shared.push({ file, upload });
      return undefined;
    }
    return () => this.settleUpload(file, upload);
  }

  private async settleShared(file: FileState, upload: OpenUpload): Promise<void> {
    const { portion } = this.inputs;
    if (portion?.settles(file.planned) === true) {
      await portion.gather(file.planned, upload);
      await this.settleUpload(file, upload);
    }
  }

  private async settleUpload(file: FileState, upload: OpenUpload): Promise<void> {
    const { context, meter, stop } = this.inputs;
    meter.setState(file.planned.path, 'proving');
    let etag: string;
    try {
      ({ etag } = await this.patiently(() =>
        completeUpload(context.aws.s3, { ...this.target(file.planned), upload }, stop.signal)
      ));
    } catch (error) {
      await this.withoutUpload(file, error)?.();
      return;
    }
    await this.prove(file, etag);
  }

  /**
   * What to do when an upload is gone: another engine on the same prefix has completed it, which the
   * object shows, or somebody has aborted it, and the file goes again.
   *
   * @throws `error` when it does not say that, or says it too often
   */
  private withoutUpload(file: FileState, error: unknown): Rest | undefined {
    if (isLost(file)) {
      return undefined;
    }
    if (!isUploadGone(error)) {
      throw error;
    }
    file.lost = true;
    return async () => {
      const { context, meter, stop, onRetry } = this.inputs;
      const { planned, round, lostUploads } = file;
      const etag = await this.patiently(() =>
        findCompleted(context.aws.s3, this.target(planned), stop.signal)
      );
      if (etag !== undefined) {
        meter.arrived(planned.path);
        await this.prove(file, etag);
        return;
      }
      if (lostUploads >= MAX_LOST_UPLOADS) {
        throw error;
      }
      onRetry({
        path: planned.path,
        cause: 'somebody else aborted the multipart upload',
        attempt: lostUploads + 1,
        waitMs: 0
      });
      meter.restart(planned.path);
      this.enqueue({ planned, round, lostUploads: lostUploads + 1 });
    };
  }

  private async openUpload(file: FileState): Promise<OpenUpload | undefined> {
    const { context, portion, stop, unfinished } = this.inputs;
    const { planned, round, lostUploads } = file;
    const first = round === 1 && lostUploads === 0;
    if (portion !== undefined && first) {
      return portion.upload(planned);
    }
    const wish = await this.mover.uploadWish?.(planned);
    const upload = await openUpload(
      context.aws.s3,
      {
        ...this.target(planned),
        // After a failed proof nothing of the earlier parts is trusted.
        unfinished: first && wish?.anew !== true ? (unfinished.get(planned.key) ?? []) : [],
        checksum: wish?.checksum
      },
      stop.signal
    );
    this.ownUploads.add(upload.uploadId);
    this.repeatedUploads ||= upload.repeated === true;
    return upload;
  }

  private target(file: PlannedFile): {
    bucket: string;
    file: PlannedFile;
    metadata: Record<string, string>;
  } {
    const { plan } = this.inputs;
    return {
      bucket: plan.destination.bucket,
      file,
      metadata: sourceMetadata(plan.source, file)
    };
  }

  /** Keeps a proof, or deletes the object, for it must not look whole, and sends the file again. */
  private async prove(file: FileState, etag: string): Promise<void> {
    const { planned, round } = file;
    const { meter, onRetry, plan } = this.inputs;
    meter.setState(planned.path, 'proving');
    const found = await this.proving.prove(planned, etag);
    if (found.matches) {
      this.proved(planned, found);
      return;
    }
    const discarded = await this.proving.discard(planned);
    if (round >= MAX_ROUNDS) {
      throw mismatch(plan.source, planned, round, discarded);
    }
    onRetry({
      path: planned.path,
      cause: `the object in S3 does not have ${describeHash(plan.source)}`,
      attempt: round,
      waitMs: 0
    });
    meter.restart(planned.path);
    this.enqueue({ planned: { ...planned, action: 'copy' }, round: round + 1, lostUploads: 0 });
  }

  private proved(planned: PlannedFile, found: ProvedObject): void {
    const proof = fileProof(planned, found);
    this.proofs.set(planned.path, proof);
    this.inputs.portion?.proved(proof);
    this.inputs.meter.setState(planned.path, 'proved', found.provedBy);
  }
}

function isLost(file: FileState): boolean {
  return file.lost === true;
}
