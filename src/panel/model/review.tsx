import type { ImportReview } from '../../protocol';
import { Disclosure, formatBytes, formatCount, useTrans } from '../components';
import { FileList } from './fileList';
import type { ImportForm } from './importForm';

/** What will happen, step by step, and what it will cost. */
export function Review({ form, review }: { form: ImportForm; review: ImportReview }): JSX.Element {
  const trans = useTrans();
  const busy = form.currentReview === undefined;
  return (
    <div className="jp-BedrockImport-review" aria-busy={busy}>
      <h3>{trans.__('What will happen')}</h3>
      {review.existing !== undefined && <Existing existing={review.existing} />}
      <ol>
        <li>
          <CopyStep review={review} />
        </li>
        <li>
          <RoleStep role={review.role} />
        </li>
        <li>
          {trans.__('Bedrock imports it as:')} <strong>{review.importedModelName}</strong>
          <span className="jp-BedrockImport-quiet jp-BedrockImport-line">
            {trans.__('job %1, account %2', review.jobName, review.account)}
          </span>
        </li>
        {form.draft.firstQuestion.trim() !== '' && (
          <li>{trans.__('The model is asked: %1', form.draft.firstQuestion.trim())}</li>
        )}
      </ol>
      <Overwrites form={form} review={review} />
      <h3>{trans.__('What it costs')}</h3>
      <ul className="jp-BedrockImport-bullets">
        {review.costNotes.map(note => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </div>
  );
}

function CopyStep({ review }: { review: ImportReview }): JSX.Element {
  const trans = useTrans();
  const { files, bytesToMove, alreadyThere, s3Uri, rewrites, totalBytes } = review;
  return (
    <>
      {trans._n(
        '%1 file (%2) goes to:',
        '%1 files (%2) go to:',
        files.length,
        formatBytes(totalBytes)
      )}{' '}
      <code>{s3Uri}</code>
      {alreadyThere > 0 && (
        <p className="jp-BedrockImport-quiet">
          {trans.__(
            '%1 of them are there and proved; %2 are left to move.',
            formatCount(alreadyThere),
            formatBytes(bytesToMove)
          )}
        </p>
      )}
      <Disclosure summary={trans.__('Objects')}>
        {() => (
          <FileList
            files={files.map(({ key, sizeBytes, action }) => ({
              path: key,
              sizeBytes,
              note: actionText(action, trans)
            }))}
            label={trans.__('Objects that will be there')}
          />
        )}
      </Disclosure>
      {rewrites.map(({ path, difference }) => (
        <Disclosure key={path} summary={trans.__('%1 is rewritten on the way', path)}>
          {() => (
            <pre className="jp-BedrockImport-code" tabIndex={0}>
              {difference}
            </pre>
          )}
        </Disclosure>
      ))}
    </>
  );
}

function actionText(
  action: ImportReview['files'][number]['action'],
  trans: ReturnType<typeof useTrans>
): string | undefined {
  switch (action) {
    case 'copy':
      return undefined;
    case 'write':
      return trans.__('rewritten');
    case 'prove':
      return trans.__('there, will be proved');
    case 'skip':
      return trans.__('there and proved');
  }
}

function RoleStep({ role }: { role: ImportReview['role'] }): JSX.Element {
  const trans = useTrans();
  if (role.action === 'use') {
    return (
      <>
        {trans.__('Bedrock reads them with the role:')}{' '}
        <code title={role.arn}>{role.arn?.split('/').at(-1)}</code>
      </>
    );
  }
  return (
    <>
      {trans.__('A role is created in your account, with which Bedrock reads them:')}{' '}
      <code>{role.name}</code>
      {role.policies !== undefined && (
        <Disclosure summary={trans.__('Its policies')}>
          {() => (
            <pre className="jp-BedrockImport-code" tabIndex={0}>
              {role.policies}
            </pre>
          )}
        </Disclosure>
      )}
    </>
  );
}

function Existing(props: { existing: NonNullable<ImportReview['existing']> }): JSX.Element {
  const trans = useTrans();
  const { jobName, status, modelArn } = props.existing;
  return (
    <p className="jp-BedrockImport-note">
      {modelArn === undefined
        ? trans.__(
            'The same thing is imported already by the job %1 (%2); it is followed instead of started again.',
            jobName,
            status
          )
        : trans.__(
            'The same thing was imported before by the job %1; nothing is imported again.',
            jobName
          )}
      {modelArn !== undefined && <code>{modelArn}</code>}
    </p>
  );
}

function Overwrites({
  form,
  review
}: {
  form: ImportForm;
  review: ImportReview;
}): JSX.Element | null {
  const trans = useTrans();
  const overwritten = review.conflicts.filter(({ kind }) => kind === 'would-overwrite');
  if (overwritten.length === 0) {
    return null;
  }
  return (
    <div className="jp-BedrockImport-note">
      <p>
        {trans._n(
          'This object is not of this model and would be replaced:',
          'These %1 objects are not of this model and would be replaced:',
          overwritten.length
        )}
      </p>
      <FileList
        files={overwritten.map(({ key, sizeBytes, why }) => ({ path: key, sizeBytes, note: why }))}
        label={trans.__('Objects that would be replaced')}
      />
      <label className="jp-BedrockImport-check">
        <input
          type="checkbox"
          checked={form.draft.allowOverwrite}
          onChange={event => form.change({ allowOverwrite: event.target.checked })}
        />
        <span>{trans.__('Replace them')}</span>
      </label>
    </div>
  );
}
