import { resolve } from 'node:path';
import { hubCacheFolder } from '../cache';
import { inspectModel, ModelInspection } from '../model';
import {
  openCopySource,
  OpenSourceOptions,
  PlanSource,
  readSourceText,
  SourceText,
  throughCache
} from '../transfer';
import { usageError } from './exitCodes';
import type { Session } from './session';

/** How every subcommand that takes a model describes it. */
export const SOURCE_ARGUMENT =
  'organisation/name[@revision] or the model’s address on the hub, a folder (/path, ./path), ' +
  's3://BUCKET/PREFIX/, or s3://BUCKET/KEY.tar.gz';

export interface DiskOptions {
  /** The bytes go through the Hugging Face cache on disk. */
  viaDisk?: boolean;
  cacheDir?: string;
}

/**
 * The cache folder of `--via-disk`, or nothing when the bytes are to be streamed.
 *
 * @throws BedrockImportError `USAGE`
 */
export async function cacheFolderOf(
  session: Session,
  sourceText: string,
  options: DiskOptions
): Promise<string | undefined> {
  if (options.viaDisk !== true) {
    if (options.cacheDir !== undefined) {
      throw usage('--cache-dir says where --via-disk downloads to.', 'Add --via-disk.');
    }
    return undefined;
  }
  if (options.cacheDir === '') {
    throw usage('--cache-dir names no folder.', 'Give a folder, or leave the option out.');
  }
  if (readSourceText(sourceText).kind !== 'hub') {
    throw usage('--via-disk is for models of the hub.', 'Leave --via-disk out.');
  }
  const { homeDirectory } = await session.environment();
  return hubCacheFolder({ env: session.io.env, homeDirectory }, options.cacheDir);
}

function usage(message: string, nextStep: string) {
  return usageError({ code: 'USAGE', message, nextStep });
}

export interface OpenedModel {
  source: PlanSource;
  inspection: ModelInspection;
}

/** Opens a model wherever it lies and looks at it, showing what goes on. */
export async function openModel(
  session: Session,
  text: string,
  cacheFolder?: string
): Promise<OpenedModel> {
  const { signal, progress } = session;
  const found = readSourceText(text);
  const engine = await session.engine();
  progress.status(`Reading ${nameOf(found)}`);
  const { source, files } = await openCopySource(engine, text, {
    onArchive: archiveStatus(session, text),
    signal
  });
  const inspection = await inspectModel(files, {
    region: engine.environment.region?.name,
    signal
  });
  progress.clear();
  return {
    inspection,
    source:
      cacheFolder === undefined || source.kind !== 'hub'
        ? source
        : throughCache(source, cacheFolder, inspection.model.requestedRevision)
  };
}

/** In steps of ten per cent, for a log that gets a line for each. */
export function archiveStatus(
  session: Session,
  text: string
): NonNullable<OpenSourceOptions['onArchive']> {
  return ({ readBytes, totalBytes }) => {
    const percent = 10 * Math.floor((10 * readBytes) / Math.max(1, totalBytes));
    session.progress.status(`Reading ${text} for its index: ${percent} %`);
  };
}

function nameOf(found: SourceText): string {
  switch (found.kind) {
    case 'hub':
      return `${found.text} on the hub`;
    case 'folder':
      return resolve(found.path);
    case 's3':
      return `s3://${found.bucket}/${found.prefix}`;
    case 'archive':
      return `s3://${found.bucket}/${found.key}`;
  }
}
