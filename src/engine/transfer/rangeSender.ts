import { forgetLocation } from '../hub';
import type { HubModel } from '../hub';
import { sendWithRetries } from './attempts';
import { locateOnHub } from './hubSource';
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
    const { bytes, context, model, outages, stop } = this.inputs;
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
          locateOnHub({ hub: context.hub, model, outages, signal: stop.signal }, path),
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
}
