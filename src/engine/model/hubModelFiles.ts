import { readHubFile } from '../hub';
import type { HubClient, HubModel } from '../hub';
import type { ModelFiles } from './types';

/** A model on the hub as a source of files; each one read is checked against the listing's hash. */
export function hubModelFiles(client: HubClient, model: HubModel): ModelFiles {
  return {
    model,
    readFile: (path, options) => readHubFile(client, model, path, options)
  };
}
