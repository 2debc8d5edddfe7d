import { useId, useLayoutEffect, useRef } from 'react';

import type { ImportedModelFact } from '../../protocol';
import { FailureNote, formatCount, useTrans } from '../components';
import type { ImportedModelsModel } from './importedModelsModel';
import { ModelItem } from './modelItem';

export interface ModelActions {
  ask: (model: ImportedModelFact) => void;
  remove: (model: ImportedModelFact) => void;
}

/** The section: every model that Bedrock has, the newest first. */
export function ModelList(props: {
  model: ImportedModelsModel;
  actions: ModelActions;
}): JSX.Element {
  const trans = useTrans();
  const list = useRef<HTMLUListElement>(null);
  const none = useRef<HTMLParagraphElement>(null);
  const { model, actions } = props;
  const { shown, state } = model;
  const hadFocus = useRef(false);
  const count = model.models.length;
  useLayoutEffect(() => {
    // The button that had the focus is gone with its model.
    if (hadFocus.current && document.activeElement === document.body) {
      (list.current ?? none.current)?.focus({ preventScroll: true });
    }
  }, [count]);
  return (
    <>
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      {model.hasFilter && <Filter model={model} count={shown.length} />}
      {state.value === undefined ? (
        state.status !== 'failed' && (
          <p className="jp-BedrockImport-quiet">
            {state.status === 'loading'
              ? trans.__('Looking at what Bedrock has …')
              : trans.__('Shown as soon as the engine answers.')}
          </p>
        )
      ) : count === 0 ? (
        <p ref={none} className="jp-BedrockImport-quiet" tabIndex={-1}>
          {trans.__('No model is imported in this account and Region yet.')}
        </p>
      ) : (
        <ul
          ref={list}
          className="jp-BedrockImport-models"
          aria-label={trans.__('Imported models')}
          aria-busy={state.status === 'loading'}
          tabIndex={-1}
          onFocus={() => {
            hadFocus.current = true;
          }}
          onBlur={({ relatedTarget }) => {
            hadFocus.current = relatedTarget === null;
          }}
        >
          {shown.map(fact => (
            <ModelItem
              key={fact.arn}
              fact={fact}
              model={model}
              onAsk={() => actions.ask(fact)}
              onDelete={() => actions.remove(fact)}
            />
          ))}
        </ul>
      )}
    </>
  );
}

function Filter({ model, count }: { model: ImportedModelsModel; count: number }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  return (
    <div className="jp-BedrockImport-modelFilter">
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Filter models')}
        aria-describedby={id}
        placeholder={trans.__('Filter by name or architecture')}
        spellCheck={false}
        value={model.filter}
        onChange={event => {
          model.filter = event.target.value;
        }}
      />
      <span id={id} className="jp-BedrockImport-quiet" role="status">
        {trans.__('%1 of %2', formatCount(count), formatCount(model.models.length))}
      </span>
    </div>
  );
}
