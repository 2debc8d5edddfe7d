import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';

import type { CacheDeletion, TrashContents, TrashItem, UnfinishedUpload } from '../../protocol';
import { confirmLoss, formatBytes, formatCount, TranslationProvider } from '../components';
import { Paths } from './outcome';

function Dialog(props: { trans: TranslationBundle; children: ReactNode }): JSX.Element {
  return (
    <TranslationProvider value={props.trans}>
      <div className="jp-BedrockImport-dialog jp-BedrockImport-storageDialog">{props.children}</div>
    </TranslationProvider>
  );
}

/** What is chosen in one folder of the trash. */
export interface ChosenInFolder {
  folder: TrashContents;
  items: readonly TrashItem[];
}

function OfAnother({
  folder,
  trans
}: {
  folder: TrashContents;
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <p className="jp-BedrockImport-storageProblem">
      {folder.userId === undefined
        ? trans.__('This is the trash of another user.')
        : folder.userId === 0
          ? trans.__('This is the trash of another user: root.')
          : trans.__('This is the trash of another user, with the number %1.', folder.userId)}
    </p>
  );
}

/** Shows each chosen item and the trash that it is in, and asks. */
export function confirmTrashDeletion(
  chosen: readonly ChosenInFolder[],
  trans: TranslationBundle
): Promise<boolean> {
  const items = chosen.flatMap(({ items: inFolder }) => inFolder);
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return confirmLoss({
    title: trans._n(
      'Delete %1 item (%2) for good?',
      'Delete %3 items (%2) for good?',
      items.length,
      formatBytes(bytes),
      formatCount(items.length)
    ),
    body: (
      <Dialog trans={trans}>
        <p>{trans.__('This cannot be undone.')}</p>
        {chosen.map(({ folder, items: inFolder }) => (
          <div key={folder.path}>
            {folder.foreign && <OfAnother folder={folder} trans={trans} />}
            <p>{trans.__('In %1:', folder.path)}</p>
            <Paths paths={inFolder.map(({ name, originalPath }) => originalPath ?? name)} />
          </div>
        ))}
      </Dialog>
    ),
    accept: trans.__('Delete for good')
  });
}

/** Shows what is in whole folders now, and asks. */
export function confirmEmptying(
  folders: readonly TrashContents[],
  trans: TranslationBundle
): Promise<boolean> {
  const bytes = folders.reduce((sum, folder) => sum + folder.bytes, 0);
  return confirmLoss({
    title: trans.__('Empty the trash (%1)?', formatBytes(bytes)),
    body: (
      <Dialog trans={trans}>
        <p>{trans.__('All of it is deleted for good. This cannot be undone.')}</p>
        {folders.map(folder => (
          <div key={folder.path}>
            {folder.foreign && <OfAnother folder={folder} trans={trans} />}
            <p>
              {trans._n(
                '%1 item (%2) in %4:',
                '%3 items (%2) in %4:',
                folder.totalItems,
                formatBytes(folder.bytes),
                formatCount(folder.totalItems),
                folder.path
              )}
            </p>
            <Paths
              paths={folder.items.map(({ name, originalPath }) => originalPath ?? name)}
              total={folder.totalItems}
            />
          </div>
        ))}
      </Dialog>
    ),
    accept: trans.__('Empty the trash')
  });
}

/** Shows what the engine has found that would go, and asks. */
export function confirmCacheDeletion(
  plan: CacheDeletion,
  trans: TranslationBundle
): Promise<boolean> {
  const { bytes, notes, paths } = plan;
  return confirmLoss({
    title: trans.__('Delete these files (%1)?', formatBytes(bytes)),
    body: (
      <Dialog trans={trans}>
        {notes.map(note => (
          <p key={note}>{note}</p>
        ))}
        <p>
          {trans._n(
            '%1 file or folder is deleted for good:',
            '%2 files and folders are deleted for good:',
            paths.length,
            formatCount(paths.length)
          )}
        </p>
        <Paths paths={paths} />
      </Dialog>
    ),
    accept: trans.__('Delete')
  });
}

/** Shows the uploads and the jobs that need them, and asks. */
export function confirmAbort(
  bucket: string,
  uploads: readonly UnfinishedUpload[],
  trans: TranslationBundle
): Promise<boolean> {
  const bytes = uploads.reduce((sum, upload) => sum + upload.bytes, 0);
  const jobs = [...new Set(uploads.flatMap(({ job }) => (job === undefined ? [] : [job.title])))];
  return confirmLoss({
    title: trans._n(
      'Throw %1 unfinished upload (%2) away?',
      'Throw %3 unfinished uploads (%2) away?',
      uploads.length,
      formatBytes(bytes),
      formatCount(uploads.length)
    ),
    body: (
      <Dialog trans={trans}>
        <p>
          {trans.__(
            'Their parts are deleted from the bucket %1. Objects that have arrived whole stay.',
            bucket
          )}
        </p>
        <Paths paths={uploads.map(({ key }) => `s3://${bucket}/${key}`)} />
        {jobs.length > 0 && (
          <>
            <p className="jp-BedrockImport-storageProblem">
              {trans.__('These jobs may go on with them, and would have to send those files anew:')}
            </p>
            <Paths paths={jobs} />
          </>
        )}
      </Dialog>
    ),
    accept: trans.__('Throw away')
  });
}
