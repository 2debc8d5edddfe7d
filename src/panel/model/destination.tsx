import { useId } from 'react';

import { Disclosure, FailureNote, useTrans } from '../components';
import { Choice } from './choice';
import { CREATE_ROLE } from './draft';
import type { ImportForm } from './importForm';

export interface DestinationProps {
  form: ImportForm;
  /** Asks for a name, and creates the bucket when the user agrees. */
  onCreateBucket: () => void;
}

/** Where the files go, who reads them there, and what the model is called. */
export function Destination({ form, onCreateBucket }: DestinationProps): JSX.Element {
  const trans = useTrans();
  const { draft, buckets, roles } = form;
  return (
    <>
      <Choice
        label={trans.__('Bucket')}
        value={draft.bucket}
        options={(buckets.value ?? []).map(name => ({ value: name, label: name }))}
        placeholder={
          buckets.state.status === 'loading' ? trans.__('Looking …') : trans.__('Choose a bucket')
        }
        otherLabel={trans.__('Name of the bucket')}
        busy={buckets.state.status === 'loading'}
        onChange={bucket => form.change({ bucket })}
        action={
          form.isReady ? { label: trans.__('Create a bucket …'), run: onCreateBucket } : undefined
        }
      />
      {buckets.state.status === 'failed' && <FailureNote failure={buckets.state.failure} />}
      <Choice
        label={trans.__('Role')}
        value={draft.role}
        options={[
          ...(roles.value ?? []).map(({ arn, name }) => ({ value: arn, label: name })),
          { value: CREATE_ROLE, label: trans.__('Create a role for this bucket') }
        ]}
        placeholder={
          roles.state.status === 'loading'
            ? trans.__('Looking …')
            : trans.__('Choose a role that Bedrock can assume')
        }
        otherLabel={trans.__('ARN of the role')}
        busy={roles.state.status === 'loading'}
        onChange={role => form.change({ role })}
      />
      {roles.state.status === 'failed' && <FailureNote failure={roles.state.failure} />}
      <Disclosure
        summary={trans.__('Prefix and name')}
        initiallyOpen={draft.prefix !== '' || draft.importedModelName !== ''}
      >
        {() => (
          <>
            <TextField
              label={trans.__('Prefix')}
              placeholder={trans.__('bedrock-import/model/version/')}
              value={draft.prefix}
              onChange={prefix => form.change({ prefix })}
            />
            <TextField
              label={trans.__('Name in Bedrock')}
              placeholder={
                form.currentReview?.importedModelName ?? trans.__('made from the model’s name')
              }
              value={draft.importedModelName}
              onChange={importedModelName => form.change({ importedModelName })}
            />
          </>
        )}
      </Disclosure>
    </>
  );
}

export function TextField(props: {
  label: string;
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const id = useId();
  const { label, value, placeholder, onChange } = props;
  return (
    <div className="jp-BedrockImport-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="jp-mod-styled"
        spellCheck={false}
        autoComplete="off"
        placeholder={placeholder}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
    </div>
  );
}
