import { openHubModel } from '../../hub';
import type { HubClient, HubFile, HubModel } from '../../hub';
import type { ModelFile, ModelListing } from '../../model';
import { modelOfPlan } from '../hubSource';
import type { HubSource } from '../planSource';
import type { CopyPlan } from '../types';

/** A model of the hub, or an inspection of one: then the files that it takes. */
export interface DownloadSelection {
  model: ModelListing;
  selection?: { taken: readonly ModelFile[] };
}

/** What can be downloaded: the files of a copy's plan, or those of a model. */
export type Downloadable = CopyPlan | DownloadSelection;

export interface DownloadRequest {
  model: HubModel;
  files: HubFile[];
  /** Branch or tag that the cache shall know the commit by. */
  revision?: string;
}

/** The source of a copy that goes through the disk; the cache remembers the model's branch or tag too. */
export function throughCache(
  source: HubSource,
  cacheFolder: string,
  requestedRevision?: string
): HubSource {
  return { ...source, cacheFolder, revision: requestedRevision ?? 'main' };
}

/**
 * A plan's own facts are enough unless texts were rewritten: those go to S3 as they were rewritten, but
 * the cache holds the hub's files.
 *
 * @throws TypeError for a model that is not on the hub; those of `openHubModel`
 */
export async function downloadRequest(
  hub: HubClient,
  what: Downloadable,
  signal?: AbortSignal
): Promise<DownloadRequest> {
  if ('model' in what) {
    const { selection } = what;
    const model = onHub(hub, what.model);
    return {
      model,
      files: selection?.taken.map(toHubFile) ?? model.files,
      revision: model.requestedRevision ?? 'main'
    };
  }
  const { source, rewrites } = what;
  if (source.kind !== 'hub') {
    throw new TypeError(`A copy from ${source.kind} has nothing to download.`);
  }
  const { modelId, commitSha, revision } = source;
  if (rewrites.length === 0) {
    const model = modelOfPlan(what, source);
    return { model, files: model.files, revision };
  }
  const model = await openHubModel(hub, { id: modelId, revision: commitSha }, { signal });
  const paths = new Set([...what.files, ...rewrites].map(({ path }) => path));
  return { model, files: model.files.filter(({ path }) => paths.has(path)), revision };
}

function onHub(hub: HubClient, model: ModelListing): HubModel {
  const { commitSha } = model;
  if (commitSha === undefined) {
    throw new TypeError('Only a model on the hub can be downloaded.');
  }
  return {
    ...model,
    commitSha,
    endpoint: model.endpoint ?? hub.endpoint,
    gated: model.gated ?? false,
    private: model.private ?? false,
    files: model.files.map(toHubFile)
  };
}

function toHubFile({ path, sizeBytes, gitOid = '', sha256 }: ModelFile): HubFile {
  return { path, sizeBytes, gitOid, ...(sha256 === undefined ? {} : { sha256 }) };
}
