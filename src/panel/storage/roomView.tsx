import { useId, useState } from 'react';

import type { DiskReport, VolumeStep } from '../../protocol';
import { CopyButton, FailureNote, formatBytes, useTrans } from '../components';
import { KeepFocus } from './keepFocus';
import type { StorageModel } from './storageModel';
import { visibleName } from './visibleName';

/** Whether a model would fit, what would make room for it, and how the disk is made larger. */
export function RoomForModel({ model }: { model: StorageModel }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const [typed, setTyped] = useState('');
  const { state } = model.room;
  const looking = state.status === 'loading';
  const canLook = model.isReady && typed.trim() !== '';
  return (
    <KeepFocus label={trans.__('Room for a model')}>
      <p className="jp-BedrockImport-quiet">
        {trans.__(
          'An import that streams needs no room here. A full download needs the size of the model, 5 % and 2 GB.'
        )}
      </p>
      <form
        className="jp-BedrockImport-bucketField"
        onSubmit={event => {
          event.preventDefault();
          if (looking) {
            model.room.cancel();
          } else if (canLook) {
            void model.lookForRoom(typed.trim());
          }
        }}
      >
        <label htmlFor={id}>{trans.__('Model or size')}</label>
        <input
          id={id}
          className="jp-mod-styled"
          spellCheck={false}
          autoComplete="off"
          placeholder={trans.__('org/model or 61 GB')}
          value={typed}
          onChange={event => setTyped(event.target.value)}
        />
        <button type="submit" className="jp-mod-styled" aria-disabled={!looking && !canLook}>
          {looking ? trans.__('Stop') : trans.__('Would it fit?')}
        </button>
        <span className="jp-BedrockImport-hidden" role="status">
          {looking ? trans.__('Looking …') : ''}
        </span>
      </form>
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      {state.value !== undefined && <Report report={state.value} />}
    </KeepFocus>
  );
}

function Report({ report }: { report: DiskReport }): JSX.Element {
  const trans = useTrans();
  const { explanation, fits, fitsAfterFreeing, folder, roomMakers, steps, volume } = report;
  return (
    <div role="status">
      <p>
        <strong>{fits ? trans.__('It fits.') : trans.__('It does not fit.')}</strong> {explanation}
      </p>
      <p className="jp-BedrockImport-quiet">
        {trans.__('The files would go to %1.', visibleName(folder))}
      </p>
      {!fits && roomMakers.length > 0 && (
        <>
          <h4>
            {fitsAfterFreeing
              ? trans.__('Deleting from this makes room for it')
              : trans.__('Deleting all of this is not enough')}
          </h4>
          <ul aria-label={trans.__('What can be deleted')}>
            {roomMakers.map(({ id, label, path, bytes }) => (
              <li
                key={`${id} ${label} ${path}`}
                className="jp-BedrockImport-storageRow jp-mod-plain"
              >
                <span className="jp-BedrockImport-storageName">{visibleName(label)}</span>
                <span className="jp-BedrockImport-storageSize">{formatBytes(bytes)}</span>
                <div className="jp-BedrockImport-storageAbout">
                  <p>{visibleName(path)}</p>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {!fits && volume !== undefined && (
        <>
          <h4>{trans.__('A volume of %1 GB or more has room for it', volume.neededGb)}</h4>
          {volume.problem !== undefined && (
            <p className="jp-BedrockImport-storageProblem">{volume.problem}</p>
          )}
          {volume.rules.map(rule => (
            <p key={rule}>{rule}</p>
          ))}
        </>
      )}
      {!fits && steps.length > 0 && (
        <ol className="jp-BedrockImport-volumeSteps" aria-label={trans.__('How to enlarge it')}>
          {steps.map(step => (
            <Step key={step.text} step={step} />
          ))}
        </ol>
      )}
    </div>
  );
}

function Step({ step }: { step: VolumeStep }): JSX.Element {
  const trans = useTrans();
  const { text, command, url } = step;
  return (
    <li>
      {text}{' '}
      {url !== undefined && (
        <a href={url} target="_blank" rel="noopener noreferrer">
          {trans.__('Open the page of the console')}
        </a>
      )}
      {command !== undefined && (
        <div className="jp-BedrockImport-volumeCommand">
          <code>{command}</code>
          <CopyButton text={command} label={trans.__('Copy the command: %1', text)} />
        </div>
      )}
    </li>
  );
}
