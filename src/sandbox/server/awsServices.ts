import { createBedrock } from '../bedrock';
import { createIam, createSts } from '../iam';
import * as inference from '../inference';
import { createS3, type S3Options } from '../s3';
import type { SandboxState } from '../state';
import type { AwsServices } from './dispatch';

export interface OpenAwsServices extends AwsServices {
  close(): Promise<void>;
}

/** Every AWS service of the sandbox over one state; each brings what the sandbox starts with. */
export async function createAwsServices(
  state: SandboxState,
  options: { discard?: S3Options['discard'] } = {}
): Promise<OpenAwsServices> {
  const iam = await createIam(state);
  const sts = await createSts(state);
  const s3 = createS3(state, {
    findCredentials: id => iam.credentials.find(id),
    discard: options.discard
  });
  const bedrock = await createBedrock({ state, store: s3.store, iam, inference });
  return { s3, bedrock, iam, sts, close: () => bedrock.close() };
}
