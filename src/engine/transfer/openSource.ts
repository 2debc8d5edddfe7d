import { openHubModel, parseModelReference } from '../hub';
import { hubModelFiles } from '../model';
import type { ModelFiles } from '../model';
import { openArchive } from './archive';
import type { ArchiveProgress } from './archive';
import { openFolder } from './folder';
import type { PlanSource } from './planSource';
import { openS3Source } from './s3Source';
import { readSourceText } from './sourceText';
import type { TransferContext } from './types';

/** A model that can be inspected and copied, wherever it lies. */
export interface CopySource {
  source: PlanSource;
  files: ModelFiles;
}

export interface OpenSourceOptions {
  /** What a path without a leading slash starts from. @default the folder of this process */
  currentDirectory?: string;
  /** What `~` stands for. @default the home folder of this user */
  homeDirectory?: string;
  /** While an archive is read for its index, which takes as long as unpacking it does. */
  onArchive?: (progress: ArchiveProgress) => void;
  signal?: AbortSignal;
}

/**
 * Opens what a user has typed: `organisation/name` with or without `@revision`, an address on the hub, a
 * path that starts with `/`, `./`, `../` or `~`, `s3://bucket/prefix/`, or an archive `s3://…/*.tar.gz`.
 * Lists its files, reads the hashes that are published, and changes nothing.
 *
 * @throws BedrockImportError `SOURCE_INVALID`, and those of the hub, the folder, the bucket or the archive
 */
export async function openCopySource(
  context: TransferContext,
  text: string,
  options: OpenSourceOptions = {}
): Promise<CopySource> {
  const { signal } = options;
  const found = readSourceText(text, options);
  switch (found.kind) {
    case 'folder':
      return openFolder(found.path, { signal });
    case 's3':
      return openS3Source(context, found, { signal });
    case 'archive':
      return openArchive(context, found, { signal, onProgress: options.onArchive });
    case 'hub': {
      const reference = parseModelReference(found.text, { endpoint: context.hub.endpoint });
      const model = await openHubModel(context.hub, reference, { signal });
      return {
        source: {
          kind: 'hub',
          endpoint: context.hub.endpoint,
          modelId: model.id,
          commitSha: model.commitSha
        },
        files: hubModelFiles(context.hub, model)
      };
    }
  }
}
