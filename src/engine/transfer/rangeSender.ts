import { BedrockImportError } from '../errors';
import { forgetLocation, knownLocation } from '../hub';
import type { HubFileLocation, HubModel } from '../hub';
import { sendWithRetries } from './attempts';
import type { PartMoverInputs } from './partMover';
import { TransientFault } from './retry';
import { signed } from './sendBytes';
import { LocationRefused, sendRange, STALL_MS } from './sendRange';
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
    const { bytes, context, model, stop } = this.inputs;
    const { path, sizeBytes } = planned;
    let stallMs = STALL_MS;
    return sendWithRetries(
      this.inputs,
      {
        path,
        ...(partNumber === undefined ? {} : { part: partNumber }),
        lengthBytes: end - start
      },
      async onBytes => {
        const [location, put] = await Promise.all([
          this.locate(planned),
          signed(this.inputs, planned, presign)
        ]);
        try {
          return await sendRange(
            bytes,
            { path, sizeBytes, start, end, location, put },
            { signal: stop.signal, stallMs, onBytes }
          );
        } catch (error) {
          if (error instanceof LocationRefused) {
            await forgetLocation(context.hub, model, path, location);
          }
          if (error instanceof TransientFault && error.message.startsWith('no end')) {
            // A pipe that does not see bytes takes a slow network for a stuck connection.
            stallMs *= 2;
          }
          throw error;
        }
      }
    );
  }

  /** A hub that cannot be reached for a while is waited for as storage is. */
  private async locate(planned: PlannedFile): Promise<HubFileLocation> {
    const { context, model, stop, outages } = this.inputs;
    try {
      return await knownLocation(context.hub, model, planned.path, { signal: stop.signal });
    } catch (error) {
      if (
        error instanceof BedrockImportError &&
        error.code === 'HUB_UNREACHABLE' &&
        !(outages?.isOutage(error) ?? false)
      ) {
        throw new TransientFault(error.message, { final: error, attempts: 4 });
      }
      throw error;
    }
  }
}
