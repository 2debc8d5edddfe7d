import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactElement } from 'react';

import type { CancelPlan, JobFact, RemovePlan } from '../../protocol';
import { confirmLoss, formatBytes } from '../components';

/** Longer lists are shortened, with their number. */
const MOST_LISTED = 8;

function Listed(props: { items: readonly string[]; trans: TranslationBundle }): ReactElement {
  const { items, trans } = props;
  const more = items.length - MOST_LISTED;
  return (
    <ul className="jp-BedrockImport-dialogList">
      {items.slice(0, MOST_LISTED).map(item => (
        <li key={item}>{item}</li>
      ))}
      {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
    </ul>
  );
}

/** Shows what cancelling a job does, and asks. */
export function confirmCancel(
  job: JobFact,
  plan: CancelPlan,
  trans: TranslationBundle
): Promise<boolean> {
  const { uploads, keeps, cannotUndo, running } = plan;
  const body = (
    <div className="jp-BedrockImport-dialog">
      <p>{job.title}</p>
      {running && <p>{trans.__('It is stopped first.')}</p>}
      {uploads.length > 0 && (
        <>
          <p>
            {trans._n(
              'This unfinished upload is thrown away:',
              'These %1 unfinished uploads are thrown away:',
              uploads.length
            )}
          </p>
          <Listed
            items={uploads.map(({ key, bytes }) =>
              bytes === undefined ? key : trans.__('%1 (%2)', key, formatBytes(bytes))
            )}
            trans={trans}
          />
        </>
      )}
      {job.kind !== 'move' && (
        <p>{trans.__('Objects that have arrived whole stay in %1.', keeps)}</p>
      )}
      {cannotUndo.length > 0 && (
        <>
          <p>
            {job.kind === 'move'
              ? trans.__('Where the files are then:')
              : trans.__('This cannot be undone:')}
          </p>
          <Listed items={cannotUndo} trans={trans} />
        </>
      )}
    </div>
  );
  return confirmLoss({
    title: trans.__('Cancel this job?'),
    body,
    reject: trans.__('Keep it'),
    accept: trans.__('Cancel the job')
  });
}

/** Shows what taking a job off the list does, and asks. */
export function confirmRemove(
  job: JobFact,
  plan: RemovePlan,
  trans: TranslationBundle
): Promise<boolean> {
  const { folder, files, keeps, uploads } = plan;
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const body = (
    <div className="jp-BedrockImport-dialog">
      <p>{job.title}</p>
      <p>
        {trans._n(
          'Its record on this machine is deleted: %1 file (%2) in',
          'Its record on this machine is deleted: %1 files (%2) in',
          files.length,
          formatBytes(bytes)
        )}{' '}
        <code>{folder}</code>
      </p>
      <p>
        {job.kind === 'move'
          ? trans.__('What is in %1 stays.', keeps)
          : trans.__('What is in %1 stays, and so does an imported model.', keeps)}
      </p>
      {uploads.length > 0 && (
        <p>
          {trans._n(
            '%1 unfinished upload stays in the bucket and is billed; cancel the job first to end it.',
            '%1 unfinished uploads stay in the bucket and are billed; cancel the job first to end them.',
            uploads.length
          )}
        </p>
      )}
    </div>
  );
  return confirmLoss({
    title: trans.__('Remove this job from the list?'),
    body,
    reject: trans.__('Keep it'),
    accept: trans.__('Remove')
  });
}
