import { createBedrock } from '../bedrock';
import { createIam, createSts } from '../iam';
import * as inference from '../inference';
import { createS3 } from '../s3';
import type { SandboxState } from '../state';
import type { AwsServices } from './dispatch';

/** Every AWS service of the sandbox over one state, with the bucket and the role it starts with. */
export async function createAwsServices(state: SandboxState): Promise<AwsServices> {
  const s3 = await createS3(state);
  const iam = await createIam(state);
  const sts = await createSts(state);
  const bedrock = await createBedrock({ state, store: s3.store, iam, inference });
  return { s3, bedrock, iam, sts };
}
