import { openHubModel, parseModelReference } from '../hub';
import type { HubClient } from '../hub';
import { selectImportFiles } from '../model';

/**
 * What the files take that an import needs of a model of the hub.
 *
 * @param text As the user names the model.
 * @throws BedrockImportError those of `parseModelReference` and `openHubModel`
 */
export async function importSizeOf(
  hub: HubClient,
  text: string,
  { signal }: { signal?: AbortSignal } = {}
): Promise<{ model: string; sizeBytes: number }> {
  const reference = parseModelReference(text, { endpoint: hub.endpoint });
  const model = await openHubModel(hub, reference, { signal });
  return { model: model.id, sizeBytes: selectImportFiles(model.files).totalBytes };
}
