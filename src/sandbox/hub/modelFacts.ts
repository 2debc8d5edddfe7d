import { readFile } from 'node:fs/promises';

import { listTree, type TreeEntry } from './listing';
import { readCard, type Repository } from './repository';

/** Fields that the hub sends when none is asked for by `expand`. */
const DEFAULT_FIELDS = [
  'author',
  'sha',
  'lastModified',
  'private',
  'gated',
  'disabled',
  'downloads',
  'likes',
  'tags',
  'pipeline_tag',
  'library_name',
  'config',
  'cardData',
  'siblings',
  'createdAt',
  'usedStorage'
];

/**
 * The hub's answer about one model.
 *
 * @param options.expand Fields to send instead of the usual ones.
 * @param options.blobs Sizes and hashes with the names of the files.
 */
export async function modelFacts(
  repository: Repository,
  options: { expand?: readonly string[]; blobs?: boolean } = {}
): Promise<Record<string, unknown>> {
  const [card, config] = await Promise.all([readCard(repository), readConfig(repository)]);
  const files = listTree(repository).filter(entry => entry.type === 'file');
  const pipelineTag = text(card['pipeline_tag']);
  const library = text(card['library_name']) ?? 'transformers';
  const date = repository.lastModified.toISOString();
  const tags = [library, 'safetensors', text(config?.['model_type']), pipelineTag].filter(
    tag => tag !== undefined
  );
  if (text(card['license']) !== undefined) {
    tags.push(`license:${text(card['license'])}`);
  }
  const all: Record<string, unknown> = {
    author: repository.id.split('/')[0],
    sha: repository.commitSha,
    lastModified: date,
    private: repository.settings.private,
    gated: repository.settings.gated,
    disabled: false,
    downloads: 0,
    downloadsAllTime: 0,
    likes: 0,
    tags,
    pipeline_tag: pipelineTag,
    library_name: library,
    config: config && { architectures: config['architectures'], model_type: config['model_type'] },
    cardData: card,
    siblings: files.map(file => sibling(file, options.blobs === true)),
    createdAt: date,
    usedStorage: repository.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  };
  const fields = options.expand?.length ? options.expand : DEFAULT_FIELDS;
  return {
    _id: repository.commitSha.slice(0, 24),
    id: repository.id,
    modelId: repository.id,
    ...Object.fromEntries(
      fields.filter(field => all[field] !== undefined).map(field => [field, all[field]])
    )
  };
}

function sibling(file: TreeEntry, blobs: boolean): Record<string, unknown> {
  return {
    rfilename: file.path,
    ...(blobs ? { size: file.size, blobId: file.oid } : {}),
    ...(blobs && file.lfs !== undefined
      ? { lfs: { sha256: file.lfs.oid, size: file.lfs.size, pointerSize: file.lfs.pointerSize } }
      : {})
  };
}

/** The model's config.json; undefined when it is missing or no JSON object. */
async function readConfig(repository: Repository): Promise<Record<string, unknown> | undefined> {
  const file = repository.files.find(({ path }) => path === 'config.json');
  if (file === undefined || file.sha256 !== undefined || file.generated !== undefined) {
    return undefined;
  }
  try {
    const config: unknown = JSON.parse(await readFile(file.absolutePath, 'utf8'));
    return typeof config === 'object' && config !== null
      ? (config as Record<string, unknown>)
      : undefined;
  } catch {
    // The hub lists models with a broken config too.
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
