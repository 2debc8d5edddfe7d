import { readHubFile } from '../hub';
import type { HubModel } from '../hub';
import { modelOfPlan } from './hubSource';
import type { MovedObject, PartMover, PartMoverInputs, PartTarget } from './partMover';
import type { HubSource } from './planSource';
import { RangeSender } from './rangeSender';
import { sendObjectBytes } from './sendBytes';
import { Slots } from './slots';
import type { PlannedFile } from './types';
import { presignObject, presignPart, sourceMetadata } from './uploads';

/** Small enough to be read into memory whole, which is how files that the hub keeps in git are checked. */
const IN_MEMORY_BYTES = 16 * 2 ** 20;

/** From the hub's storage to S3; the bytes of large files never enter JavaScript. */
export class HubMover implements PartMover {
  private readonly model: HubModel;
  private readonly sender: RangeSender;
  /** KiB of files that are in memory. */
  private readonly memory = new Slots(2 * (IN_MEMORY_BYTES / 2 ** 10));

  constructor(
    private readonly inputs: PartMoverInputs,
    source: HubSource
  ) {
    this.model = modelOfPlan(inputs.plan, source);
    this.sender = new RangeSender({ ...inputs, model: this.model });
  }

  async moveObject(file: PlannedFile): Promise<MovedObject> {
    const { sha256 } = file;
    if (sha256 === undefined || file.sizeBytes === 0) {
      return this.moveThroughMemory(file);
    }
    const { context, plan } = this.inputs;
    const headers = await this.sender.send(file, 0, file.sizeBytes, undefined, () =>
      presignObject(context.aws.s3, {
        bucket: plan.destination.bucket,
        key: file.key,
        sha256,
        metadata: sourceMetadata(plan.source, file)
      })
    );
    return {
      sha256,
      etag: headers.get('etag') ?? '',
      confirmed:
        headers.get('x-amz-checksum-sha256') === Buffer.from(sha256, 'hex').toString('base64')
    };
  }

  async movePart(file: PlannedFile, part: PartTarget): Promise<{ etag: string }> {
    const { context, plan } = this.inputs;
    const { uploadId, partNumber, start, end } = part;
    const headers = await this.sender.send(file, start, end, partNumber, () =>
      presignPart(context.aws.s3, {
        bucket: plan.destination.bucket,
        key: file.key,
        uploadId,
        partNumber
      })
    );
    return { etag: headers.get('etag') ?? '' };
  }

  async close(): Promise<void> {}

  /** Files that the hub keeps in git: small, checked here against their git hash. */
  private async moveThroughMemory(file: PlannedFile): Promise<MovedObject> {
    const { context, stop } = this.inputs;
    return this.memory.within(
      async () => {
        const bytes = await readHubFile(context.hub, this.model, file.path, {
          maxBytes: IN_MEMORY_BYTES,
          signal: stop.signal
        });
        return sendObjectBytes(this.inputs, file, bytes);
      },
      Math.ceil(file.sizeBytes / 2 ** 10)
    );
  }
}
