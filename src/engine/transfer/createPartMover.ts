import { ArchiveMover } from './archive';
import { DownloadMover } from './download';
import { FolderMover } from './folder';
import { HubMover } from './hubMover';
import type { PartMover, PartMoverInputs } from './partMover';
import { ServerCopyMover } from './s3Source';

/** What carries the files of this plan's kind of source. */
export function createPartMover(inputs: PartMoverInputs): PartMover {
  const { source } = inputs.plan;
  switch (source.kind) {
    case 'hub':
      return source.cacheFolder === undefined
        ? new HubMover(inputs, source)
        : new DownloadMover(inputs, source.cacheFolder);
    case 'folder':
      return new FolderMover(inputs, source);
    case 's3':
      return new ServerCopyMover(inputs, source);
    case 'archive':
      return new ArchiveMover(inputs, source);
  }
}
