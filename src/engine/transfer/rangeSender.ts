import { toAwsError } from '../aws';
import { BedrockImportError } from '../errors';
import { forgetLocation, knownLocation } from '../hub';
import type { HubFileLocation, HubModel } from '../hub';
import type { PartMoverInputs } from './partMover';
import { TransientFault, withRetries } from './retry';
import { LocationRefused, sendRange } from './sendRange';
import type { RangeTransfer } from './sendRange';
import type { PlannedFile } from './types';
import type { PresignedPut } from './uploads';

export interface RangeSenderInputs extends PartMoverInputs {
  model: HubModel;
}

/** Moves ranges of the model's files to S3, through whatever passes. */
export class RangeSender {
  constructor(private readonly inputs: RangeSenderInputs) {}

  /** One range, as often as it takes; each try has a fresh signature and, if refused, a fresh hub URL. */
  async send(
    planned: PlannedFile,
    start: number,
    end: number,
    partNumber: number | undefined,
    presign: () => Promise<PresignedPut>
  ): Promise<Headers> {
    const { bytes, context, meter, plan, model, stop, onRetry } = this.inputs;
    const headers = await withRetries(
      {
        subject: planned.path,
        signal: stop.signal,
        onRetry: ({ attempt, waitMs, fault }) =>
          onRetry({
            path: planned.path,
            ...(partNumber === undefined ? {} : { part: partNumber }),
            cause: fault.message,
            attempt,
            waitMs
          })
      },
      async attempt => {
        const location = await this.locate(planned);
        const transfer: RangeTransfer = {
          path: planned.path,
          sizeBytes: planned.sizeBytes,
          start,
          end,
          location,
          // Signing asks for credentials, which may have to be fetched.
          put: await presign().catch((error: unknown) => {
            throw toAwsError(error, {
              action: 's3:PutObject',
              subject: `s3://${plan.destination.bucket}/${planned.key}`
            });
          }),
          attempt
        };
        try {
          return await sendRange(bytes, transfer, stop.signal);
        } catch (error) {
          if (error instanceof LocationRefused) {
            await forgetLocation(context.hub, model, planned.path, location);
          }
          throw error;
        }
      }
    );
    meter.moved(planned.path, end - start, true);
    return headers;
  }

  /** A hub that cannot be reached for a while is waited for as storage is. */
  private async locate(planned: PlannedFile): Promise<HubFileLocation> {
    const { context, model, stop } = this.inputs;
    try {
      return await knownLocation(context.hub, model, planned.path, { signal: stop.signal });
    } catch (error) {
      if (error instanceof BedrockImportError && error.code === 'HUB_UNREACHABLE') {
        throw new TransientFault(error.message, { final: error, attempts: 4 });
      }
      throw error;
    }
  }
}
