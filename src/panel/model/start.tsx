import { useId } from 'react';

import { FailureNote, useTrans } from '../components';
import { TextField } from './destination';
import type { ImportForm, Missing } from './importForm';

export interface StartProps {
  form: ImportForm;
  onStart: () => void;
  onShowJob: (id: string) => void;
}

function missingText(
  missing: Missing,
  form: ImportForm,
  trans: ReturnType<typeof useTrans>
): string {
  switch (missing) {
    case 'connection':
      return trans.__('Waiting for the engine …');
    case 'model':
      return trans.__('Choose a model and look it up');
    case 'bucket':
      return trans.__('Choose a bucket');
    case 'role':
      return trans.__('Choose a role');
    case 'template':
      return trans.__('Write the chat template, or keep the model’s own');
    case 'review':
      return form.facts.state.status === 'loading'
        ? trans.__('Looking at the model …')
        : trans.__('Checking what will happen …');
    case 'failure':
      return trans.__('Something has to be put right first');
    case 'blocker': {
      const count =
        form.currentReview?.checks.filter(({ verdict }) => verdict === 'blocker').length ?? 0;
      return trans._n('%1 check blocks it', '%1 checks block it', count);
    }
    case 'overwrite':
      return trans.__('Agree to what would be replaced, or choose another prefix');
  }
}

/** The last choices, and the button. */
export function Start({ form, onStart, onShowJob }: StartProps): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { draft, missing, started } = form;
  const { state } = started;
  const busy = state.status === 'loading';
  return (
    <div className="jp-BedrockImport-start">
      <TextField
        label={trans.__('First question')}
        placeholder={trans.__('none: nothing is asked')}
        value={draft.firstQuestion}
        onChange={firstQuestion => form.change({ firstQuestion })}
      />
      <label className="jp-BedrockImport-check">
        <input
          type="checkbox"
          checked={draft.keepAwake}
          onChange={event => form.change({ keepAwake: event.target.checked })}
        />
        <span>{trans.__('Keep this machine awake while it runs')}</span>
      </label>
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      <div className="jp-BedrockImport-row">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          // Stays focusable while it waits, so that the keyboard does not lose its place.
          aria-disabled={missing !== undefined || busy}
          aria-describedby={`${id}-missing`}
          onClick={() => {
            if (missing === undefined && !busy) {
              onStart();
            }
          }}
        >
          {trans.__('Start')}
        </button>
        <span id={`${id}-missing`} className="jp-BedrockImport-quiet" role="status">
          {busy
            ? trans.__('Starting …')
            : state.status === 'ready'
              ? trans.__('It runs as a job.')
              : missing === undefined
                ? ''
                : missingText(missing, form, trans)}
        </span>
        {state.status === 'ready' && (
          <button type="button" className="jp-mod-styled" onClick={() => onShowJob(state.value)}>
            {trans.__('Show the job')}
          </button>
        )}
      </div>
    </div>
  );
}
