/** For tests in a process of its own: downloads one model and prints what came of it as one line of JSON. */
import process from 'node:process';
import { BedrockImportError } from '../../../errors';
import { createHubClient, openHubModel } from '../../../hub';
import type { HubClient, HubModel } from '../../../hub';
import { createBytePipe } from '../../bytes';
import { downloadModel } from '..';
import { downloadFile } from '../downloadFile';
import { Slots } from '../../slots';

interface Job {
  endpoint: string;
  id: string;
  cacheFolder: string;
  revision?: string;
  paths?: string[];
  connections?: number;
  /** As if the disk had become full after the plan was made. */
  withoutPlan?: boolean;
}

/** What `downloadModel` does after it has looked at the disk. */
async function downloadOnly(hub: HubClient, job: Job, model: HubModel): Promise<object> {
  const pipe = createBytePipe({ connections: 2 });
  const cache = { cacheFolder: job.cacheFolder, modelId: model.id, commitSha: model.commitSha };
  const inputs = {
    ...{ hub, model, pipe, cache, slots: new Slots(2) },
    signal: new AbortController().signal,
    onRetry: () => undefined,
    onBytes: () => undefined
  };
  const files = await Promise.all(model.files.map(file => downloadFile(inputs, file)));
  return { cachedFiles: files.filter(({ cached }) => cached).length };
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '{}') as Job;
  const hub = createHubClient({ endpoint: job.endpoint });
  const model = await openHubModel(hub, { id: job.id, revision: job.revision });
  const { paths } = job;
  const taken = model.files.filter(({ path }) => paths?.includes(path) ?? true);
  const work =
    job.withoutPlan === true
      ? downloadOnly(hub, job, model)
      : downloadModel(
          { hub },
          { model, selection: { taken } },
          { cacheFolder: job.cacheFolder, connections: job.connections }
        );
  const outcome = await work.catch((error: unknown) => {
    if (error instanceof BedrockImportError) {
      return { error: error.toJSON() };
    }
    throw error;
  });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  }
);
