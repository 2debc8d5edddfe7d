import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { MovedObject, PartMover, PartMoverInputs } from './partMover';
import { proveObject } from './proof';
import { readBack } from './readBack';
import type { ObjectToProve, ProvedObject, ReadBackOptions } from './readBack';
import { Slots } from './slots';
import type { FileProof, PlannedFile } from './types';
import { sourceMetadata } from './uploads';

/** Proofs that S3 works on at the same time: each is one request that is silent for up to minutes. */
const PROOFS_AT_ONCE = 16;
/** Objects that are read back at the same time: each needs 16 MiB, and hashing one takes a processor. */
const READ_BACKS_AT_ONCE = 2;

/** Establishes that objects in S3 have the bytes that they shall have. */
export class FileProofs {
  private readonly running = new Slots(PROOFS_AT_ONCE);
  private readonly reading: ReadBackOptions;

  constructor(
    private readonly inputs: PartMoverInputs,
    private readonly mover: PartMover
  ) {
    this.reading = {
      pipe: inputs.bytes,
      outages: inputs.outages,
      slots: new Slots(READ_BACKS_AT_ONCE)
    };
  }

  /** An object that was sent in parts, or by an earlier run. */
  async prove(planned: PlannedFile, etag: string): Promise<ProvedObject> {
    return this.running.within(async () => {
      const own = await this.patiently(async () => this.mover.proveParts?.(planned, etag));
      if (own !== undefined) {
        return own;
      }
      const sha256 = planned.sha256 ?? (await this.mover.hashOf?.(planned));
      const target = { ...this.target(planned), sha256, gitOid: planned.gitOid, etag };
      return this.patiently(() =>
        proveObject(this.inputs.context.aws.s3, target, this.inputs.stop.signal, this.reading)
      );
    });
  }

  /** An object that was sent whole; a store that does not confirm its checksum is read back. */
  async confirm(planned: PlannedFile, moved: MovedObject): Promise<ProvedObject> {
    const { sha256, etag } = moved;
    if (moved.confirmed && sha256 !== undefined) {
      return { sha256, etag, provedBy: moved.provedBy ?? 's3-put-checksum', matches: true };
    }
    const target = { ...this.target(planned), sha256, etag };
    return this.patiently(() =>
      readBack(this.inputs.context.aws.s3, target, this.inputs.stop.signal, this.reading)
    );
  }

  /** @returns whether the object is gone; the caller may lack s3:DeleteObject. */
  async discard(planned: PlannedFile): Promise<boolean> {
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

  private target(planned: PlannedFile): ObjectToProve {
    const { plan } = this.inputs;
    return {
      bucket: plan.destination.bucket,
      key: planned.key,
      sizeBytes: planned.sizeBytes,
      metadata: sourceMetadata(plan.source, planned),
      etag: ''
    };
  }

  private patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.inputs.outages?.through(work) ?? work();
  }
}

export function fileProof(planned: PlannedFile, found: ProvedObject): FileProof {
  return {
    path: planned.path,
    key: planned.key,
    sizeBytes: planned.sizeBytes,
    sha256: found.sha256,
    ...(planned.gitOid === undefined ? {} : { gitOid: planned.gitOid }),
    ...(planned.sourceEtag === undefined ? {} : { sourceEtag: planned.sourceEtag }),
    provedBy: found.provedBy,
    etag: found.etag,
    rewritten: planned.content !== undefined
  };
}
