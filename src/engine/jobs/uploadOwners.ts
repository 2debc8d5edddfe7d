import { BedrockImportError } from '../errors';
import { formatS3Uri } from '../transfer';
import type { JobState, JobSummary } from './jobTypes';
import type { JobStore } from './store';

/** A job of this machine that may still go on with an unfinished upload. */
export interface UploadOwner {
  id: string;
  title: string;
  state: JobState;
}

/** Those that have come to their end have no use for an upload any more. */
const ENDED = new Set<JobState>(['done', 'cancelled']);

interface Candidate extends UploadOwner {
  owns: (key: string) => boolean;
}

/**
 * Tells of the keys of a bucket which unfinished job of this machine sends parts to it, the one that
 * changed last first. Jobs of other machines are not known here.
 *
 * @throws BedrockImportError those of `JobStore.list`
 */
export async function findUploadOwners(
  store: JobStore,
  bucket: string
): Promise<(key: string) => UploadOwner | undefined> {
  const unfinished = (await store.list()).filter(
    ({ state, destination }) =>
      !ENDED.has(state) && (destination === '' || destination.startsWith(`s3://${bucket}/`))
  );
  const candidates = await Promise.all(unfinished.map(job => candidateOf(store, job, bucket)));
  return key => {
    const owner = candidates.find(candidate => candidate?.owns(key) === true);
    return owner && { id: owner.id, title: owner.title, state: owner.state };
  };
}

async function candidateOf(
  store: JobStore,
  { id, title, state, destination }: JobSummary,
  bucket: string
): Promise<Candidate | undefined> {
  try {
    const job = await store.read(id);
    if (!('plan' in job)) {
      return undefined;
    }
    const { plan } = job;
    const keys = new Set(
      plan.files.filter(({ method }) => method === 'multipart').map(({ key }) => key)
    );
    return plan.destination.bucket === bucket
      ? { id, title, state, owns: key => keys.has(key) }
      : undefined;
  } catch (error) {
    if (!(error instanceof BedrockImportError)) {
      throw error;
    }
    // A newer version may be able to read it, and to go on: what is under its prefix may be its own.
    const prefix = formatS3Uri({ bucket, prefix: '' });
    const under = destination.slice(prefix.length);
    return destination.startsWith(prefix)
      ? { id, title, state, owns: key => key.startsWith(under) }
      : undefined;
  }
}
