import type { S3Client } from '@aws-sdk/client-s3';
import { BedrockImportError } from '../../errors';
import { describeObject, HEADS_AT_ONCE, listDestination, mapInParallel } from '../destination';
import type { ListedObject } from '../destination';
import { sourceLabel } from '../planSource';
import type { CopyPortion } from '../portion';
import type { CopyOptions, CopyPlan, FileProof, PlannedFile } from '../types';
import { listUsableParts, openUpload, sourceMetadata } from '../uploads';
import type { OpenUpload } from '../uploads';
import type { ShareAssignment } from './assignShares';
import { waitUntil } from './shareRecords';
import type { ShareRecord, ShareRecords } from './shareRecords';

export interface SharePortionInputs {
  s3: S3Client;
  plan: CopyPlan;
  planId: string;
  assignment: ShareAssignment;
  /** From 1. */
  share: number;
  records: ShareRecords;
  /** Upload ids of unfinished multipart uploads, newest first, by key. */
  unfinished: ReadonlyMap<string, readonly string[]>;
  signal: AbortSignal;
  patienceMs: number;
  /** Whether the manifest of this plan is there, and the objects are as it says. */
  finished: () => Promise<boolean>;
  onWait?: CopyOptions['onWait'];
  /** All files are there and proved. */
  onWhole: () => void;
}

/** Proofs are told to the others now and then only: each telling is a request. */
const SAVE_MS = 15_000;

/** One worker's part of a plan, agreed with the others through their records. */
export class SharePortion implements CopyPortion {
  readonly earlier: FileProof[] = [];
  private readonly record: ShareRecord;
  private readonly uploads = new Map<string, Promise<OpenUpload | undefined>>();
  private readonly wholeKeys = new Set<string>();
  private savedAt = 0;
  private saving: Promise<void> = Promise.resolve();
  private nothingLeft = false;

  constructor(private readonly inputs: SharePortionInputs) {
    const { planId, share, assignment } = inputs;
    this.record = {
      version: 1,
      planId,
      share,
      of: assignment.of,
      uploads: {},
      files: [],
      done: false
    };
  }

  /** Finds out what is there, opens the uploads of this share's files and tells the others. */
  async begin(): Promise<void> {
    const { finished, plan, records, s3, share, signal, unfinished } = this.inputs;
    if (await finished()) {
      this.nothingLeft = true;
      this.inputs.onWhole();
      return;
    }
    const before = (await records.all()).get(share);
    const objects = await listDestination(s3, plan.destination, signal);
    this.earlier.push(
      ...(before?.files ?? []).filter(({ key, etag }) => objects.get(key)?.etag === etag)
    );
    this.record.files.push(...this.earlier);
    await this.findWholeFiles(objects);
    const own = plan.files.filter(
      file => isInParts(file) && this.settles(file) && !this.isWhole(file)
    );
    await mapInParallel(own, HEADS_AT_ONCE, async file => {
      const known = before?.uploads[file.key];
      const others = unfinished.get(file.key) ?? [];
      const upload = await openUpload(
        s3,
        {
          bucket: plan.destination.bucket,
          file,
          metadata: sourceMetadata(plan.source, file),
          // The one that the others were told of, first.
          unfinished: known === undefined ? others : [known, ...others.filter(id => id !== known)]
        },
        signal
      );
      this.record.uploads[file.key] = upload.uploadId;
      this.uploads.set(file.path, Promise.resolve(upload));
    });
    await this.save();
  }

  parts(file: PlannedFile): readonly number[] {
    const { assignment, share } = this.inputs;
    const known = this.earlier.some(({ path }) => path === file.path);
    return this.nothingLeft || known ? [] : assignment.partsOf(file, share);
  }

  settles(file: PlannedFile): boolean {
    const { assignment, share } = this.inputs;
    return !this.nothingLeft && file.action !== 'skip' && assignment.ownerOf(file) === share;
  }

  upload(file: PlannedFile): Promise<OpenUpload | undefined> {
    let upload = this.uploads.get(file.path);
    if (upload === undefined) {
      upload = this.isWhole(file) ? Promise.resolve(undefined) : this.join(file);
      this.uploads.set(file.path, upload);
    }
    return upload;
  }

  async gather(file: PlannedFile, upload: OpenUpload): Promise<void> {
    const { plan, s3, signal } = this.inputs;
    await this.wait(`the other shares’ parts of ${file.path}`, async () => {
      const { bucket } = plan.destination;
      const there = await listUsableParts(s3, { bucket, file, uploadId: upload.uploadId }, signal);
      if (there !== undefined && there.size === file.partCount) {
        there.forEach((etag, number) => upload.etags.set(number, etag));
        return true;
      }
      return undefined;
    });
  }

  proved(proof: FileProof): void {
    this.record.files.push(proof);
    if (Date.now() - this.savedAt > SAVE_MS) {
      // A failure shows at the last save, which is waited for.
      this.saving = this.save().catch(() => undefined);
    }
  }

  async finish(proofs: readonly FileProof[]): Promise<FileProof[] | undefined> {
    const { plan, records, share, assignment, onWhole } = this.inputs;
    if (this.nothingLeft) {
      return undefined;
    }
    await this.saving;
    this.record.files = [...proofs];
    this.record.done = true;
    await this.save();
    if (share !== 1) {
      return undefined;
    }
    const all = await this.wait('the other shares', async () => {
      const found = await records.all();
      const done = [...found.values()].filter(record => record.done);
      return done.length === assignment.of ? done : undefined;
    });
    const byPath = new Map(all.flatMap(({ files }) => files.map(proof => [proof.path, proof])));
    const merged = plan.files.flatMap(file => file.proof ?? byPath.get(file.path) ?? []);
    if (merged.length !== plan.files.length) {
      throw this.missing('not every file was proved by a share');
    }
    onWhole();
    return merged;
  }

  private isWhole(file: PlannedFile): boolean {
    return this.wholeKeys.has(file.key);
  }

  /** Objects of this plan that are complete: a share that runs again has nothing to add to them. */
  private async findWholeFiles(objects: ReadonlyMap<string, ListedObject>): Promise<void> {
    const { plan, s3, signal } = this.inputs;
    const label = sourceLabel(plan.source);
    const candidates = plan.files.filter(
      file => isInParts(file) && objects.get(file.key)?.sizeBytes === file.sizeBytes
    );
    await mapInParallel(candidates, HEADS_AT_ONCE, async file => {
      const listed = objects.get(file.key);
      const found = listed && (await describeObject(s3, plan.destination.bucket, listed, signal));
      if (found?.source === label) {
        this.wholeKeys.add(file.key);
      }
    });
  }

  /** Waits until the worker that opens this file's upload has said which one it is. */
  private async join(file: PlannedFile): Promise<OpenUpload | undefined> {
    const { assignment, plan, records, s3, signal } = this.inputs;
    const owner = assignment.ownerOf(file);
    return (
      await this.wait(`share ${owner}/${assignment.of} to begin ${file.path}`, async () => {
        const record = (await records.all()).get(owner);
        if (record?.files.some(({ path }) => path === file.path) === true) {
          return { upload: undefined };
        }
        const uploadId = record?.uploads[file.key];
        if (uploadId === undefined) {
          return undefined;
        }
        const { bucket } = plan.destination;
        const etags = await listUsableParts(s3, { bucket, file, uploadId }, signal);
        return etags === undefined ? undefined : { upload: { uploadId, etags } };
      })
    ).upload;
  }

  private async wait<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const { onWait, patienceMs, signal } = this.inputs;
    const found = await waitUntil(
      {
        limitMs: patienceMs,
        signal,
        onWait: waitedMs =>
          onWait?.({ reason: `Waiting for ${what}`, waitedMs, budgetMs: patienceMs })
      },
      look
    );
    if (found === undefined) {
      throw this.missing(`${what} did not come`);
    }
    return found;
  }

  private async save(): Promise<void> {
    this.savedAt = Date.now();
    await this.inputs.records.write(this.record);
  }

  private missing(what: string): BedrockImportError {
    const { destination } = this.inputs.plan;
    return new BedrockImportError({
      code: 'SHARE_MISSING',
      message: `The copy is not whole: ${what}.`,
      subject: `s3://${destination.bucket}/${destination.prefix}`,
      nextStep:
        'Start the shares that do not run, with the same plan, then run this one again; what has arrived is kept.'
    });
  }
}

function isInParts(file: PlannedFile): boolean {
  return file.action === 'copy' && file.method === 'multipart';
}
