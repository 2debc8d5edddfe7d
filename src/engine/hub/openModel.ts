import { listFiles, modelInfo } from '@huggingface/hub';

import { throwIfCancelled } from '../errors';
import { apiFetch } from './apiFetch';
import { type HubErrorContext, nameOf, toHubError, unexpectedAnswer } from './errors';
import { locateHubFile } from './files';
import { ListingReader, listingInvalid } from './listing';
import { isModelId } from './modelReference';
import { withoutSecrets } from './secrets';
import type { HubClient, HubFile, HubModel, ModelReference } from './types';
import { addressOf, modelPage } from './urls';

/**
 * Looks a model up and pins it to the commit it is at now. One real file is asked for as well,
 * because a gated model shows its facts and its listing to everybody.
 *
 * @throws BedrockImportError `HUB_NOT_FOUND`, `HUB_REVISION_NOT_FOUND`, `HUB_GATED`,
 * `HUB_NO_ACCESS`, `HUB_TOKEN_INVALID`, `HUB_RATE_LIMITED`, `HUB_UNREACHABLE`,
 * `HUB_LISTING_INVALID`, `HUB_ANSWER_UNEXPECTED`, `CANCELLED`
 */
export async function openHubModel(
  client: HubClient,
  reference: ModelReference,
  options: { signal?: AbortSignal } = {}
): Promise<HubModel> {
  const { signal } = options;
  throwIfCancelled(signal, reference.id);
  const context: HubErrorContext = {
    subject: reference.id,
    signal,
    page: modelPage(client.endpoint, reference.id),
    revision: reference.revision
  };
  try {
    const model = await readFacts(client, reference, context);
    model.files = await readListing(client, model, signal);
    const probe = probedFile(model.files);
    if (probe !== undefined) {
      await locateHubFile(client, model, probe.path, { signal });
    }
    return model;
  } catch (error) {
    // The client has turned its own failures into others already: the library did not find in the
    // answer what a hub puts there.
    throw nameOf(error) === 'TypeError'
      ? unexpectedAnswer('something that a hub does not say', context)
      : toHubError(error, context);
  }
}

async function readFacts(
  client: HubClient,
  reference: ModelReference,
  context: HubErrorContext
): Promise<HubModel> {
  const info = await modelInfo({
    name: reference.id,
    revision: reference.revision,
    hubUrl: client.endpoint,
    additionalFields: ['sha', 'cardData', 'tags'],
    fetch: apiFetch(client, context.signal)
  });
  if (typeof info.name !== 'string' || !isModelId(info.name)) {
    throw unexpectedAnswer('facts without the name of a model', context);
  }
  if (typeof info.sha !== 'string' || !/^[0-9a-f]{40}$/.test(info.sha)) {
    throw unexpectedAnswer('facts without a commit', context);
  }
  if (/^[0-9a-f]{40}$/.test(reference.revision ?? '') && reference.revision !== info.sha) {
    throw unexpectedAnswer('another commit than the one asked for', context);
  }
  const updated = info.updatedAt;
  return {
    id: info.name,
    commitSha: info.sha,
    requestedRevision: reference.revision,
    files: [],
    gated: info.gated === 'auto' || info.gated === 'manual' ? info.gated : false,
    private: info.private === true,
    license: licenseOf(info.cardData, info.tags),
    pipelineTag: textOf(info.task),
    lastModified: Number.isNaN(updated.getTime()) ? undefined : updated,
    endpoint: client.endpoint
  };
}

async function readListing(
  client: HubClient,
  model: HubModel,
  signal: AbortSignal | undefined
): Promise<HubFile[]> {
  const reader = new ListingReader(model.id);
  const send = apiFetch(client, signal);
  const pages = new Set<string>();
  const entries = listFiles({
    repo: { type: 'model', name: model.id },
    revision: model.commitSha,
    recursive: true,
    hubUrl: client.endpoint,
    fetch: async (input, init) => {
      const page = addressOf(input);
      if (pages.has(page)) {
        throw listingInvalid(model.id, 'a page that leads back to itself');
      }
      pages.add(page);
      return await send(input, init);
    }
  });
  for await (const entry of entries) {
    reader.add(entry);
  }
  return reader.files();
}

/** A file that a gated model does not give to everybody; a model card may be open all the same. */
function probedFile(files: readonly HubFile[]): HubFile | undefined {
  return (
    files.find(file => file.path === 'config.json') ??
    files.find(file => !/^(README|LICENSE|\.git)/i.test(file.path)) ??
    files[0]
  );
}

/** The licence of the model card; its name where the identifier is only `other`. */
function licenseOf(card: unknown, tags: unknown): string | undefined {
  if (typeof card === 'object' && card !== null) {
    const license: unknown = 'license' in card ? card.license : undefined;
    const name = textOf('license_name' in card ? card.license_name : undefined);
    const first = textOf(Array.isArray(license) ? license[0] : license);
    if (first !== undefined) {
      return first === 'other' && name !== undefined ? name : first;
    }
  }
  const tag = (Array.isArray(tags) ? tags : []).find(
    (value): value is string => typeof value === 'string' && value.startsWith('license:')
  );
  return textOf(tag?.slice('license:'.length));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? withoutSecrets(value) : undefined;
}
