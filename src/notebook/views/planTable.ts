import { formatBytes, formatS3Uri } from '../../engine';
import type { CopyPlan, FileAction } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { details, heading, keyValues, note, stack, table } from '../display';
import type { View } from '../display';

const ACTIONS: Readonly<Record<FileAction, string>> = {
  copy: 'copy',
  write: 'rewritten',
  prove: 'prove again',
  skip: 'there, proved'
};

/** What a copy will do, file by file, before it does anything. */
export function planTable(plan: CopyPlan): View {
  const { source, destination, files, conflicts, rewrites, leftOut } = plan;
  const overwritten = conflicts.filter(({ kind }) => kind === 'would-overwrite');
  return stack(
    heading(`Copy of ${source.modelId}`),
    keyValues([
      ['From', sourceText(plan)],
      ['To', `${formatS3Uri(destination)} (${destination.region})`],
      ['Way', wayOf(plan)],
      ['Files', `${counted(files.length, 'file')}, ${formatBytes(plan.totalBytes)}`],
      ['There already', plan.alreadyThere > 0 ? counted(plan.alreadyThere, 'file') : undefined],
      ['To move', plan.bytesToMove === 0 ? 'nothing' : formatBytes(plan.bytesToMove)]
    ]),
    table(
      files.map(file => [
        file.path,
        formatBytes(file.sizeBytes),
        file.partCount > 1 ? `${file.partCount} parts` : '1 part',
        ACTIONS[file.action]
      ]),
      {
        head: ['File', 'Size', 'Sent in', 'What happens'],
        columns: ['left', 'right', 'right', 'left']
      }
    ),
    rewrites.length > 0 &&
      stack(
        note('Changed on the way; the source’s files stay as they are:'),
        table(rewrites.map(({ path, summary }) => [path, summary]))
      ),
    overwritten.length > 0 &&
      stack(
        note(`Would be overwritten: ${counted(overwritten.length, 'object')} not written by us.`, {
          tone: 'warning'
        }),
        table(overwritten.map(({ key, sizeBytes, why }) => [key, formatBytes(sizeBytes), why]))
      ),
    leftOut.length > 0 &&
      details(
        `Left out: ${counted(leftOut.length, 'file')}`,
        table(leftOut.map(({ path, sizeBytes, reason }) => [path, formatBytes(sizeBytes), reason]))
      )
  );
}

function sourceText({ source }: CopyPlan): string {
  switch (source.kind) {
    case 'hub':
      return `${source.modelId} at ${source.commitSha.slice(0, 12)}`;
    case 'folder':
      return source.path;
    case 's3':
      return `s3://${source.bucket}/${source.prefix}`;
    case 'archive':
      return `s3://${source.bucket}/${source.key}`;
  }
}

function wayOf({ source }: CopyPlan): string {
  switch (source.kind) {
    case 'hub':
      return source.cacheFolder === undefined
        ? 'from the hub to S3, without this disk'
        : `through the disk: ${source.cacheFolder}`;
    case 'folder':
      return 'from this disk to S3';
    case 's3':
      return 'inside S3; no bytes pass this machine';
    case 'archive':
      return 'unpacked on the way';
  }
}
