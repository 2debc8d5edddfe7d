import { useId, useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, RefObject } from 'react';

import { Disclosure, useTrans } from '../components';
import { DEFAULT_MAX_TOKENS, HIGHEST_TEMPERATURE } from './askDraft';
import type { AskModel } from './askModel';

/** The field for the next question, and the button that asks it or stops the answer. */
export function Composer(props: {
  model: AskModel;
  field: RefObject<HTMLTextAreaElement>;
}): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const { model, field } = props;
  const { canAsk, draft, isAsking, mistakes } = model;
  const hasMistake = Object.keys(mistakes).length > 0;

  // Send and Stop take turns; whoever was on the one that went is at the field again.
  const wasOnButton = useRef(false);
  useLayoutEffect(() => {
    if (wasOnButton.current && document.activeElement === document.body) {
      field.current?.focus();
    }
  }, [field, isAsking]);

  const send = (): void => {
    if (canAsk) {
      field.current?.focus();
      void model.ask();
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // Enter also ends the composition of a character.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };

  return (
    <form
      ref={form}
      className="jp-BedrockImport-composer"
      onSubmit={event => {
        event.preventDefault();
        send();
      }}
    >
      <label htmlFor={`${id}-prompt`}>{trans.__('Question')}</label>
      <textarea
        ref={field}
        id={`${id}-prompt`}
        className="jp-mod-styled"
        rows={3}
        aria-describedby={`${id}-hint`}
        value={draft.prompt}
        onChange={event => model.change({ prompt: event.target.value })}
        onKeyDown={onKeyDown}
      />
      <div
        className="jp-BedrockImport-composerLine"
        onFocus={() => {
          wasOnButton.current = true;
        }}
        onBlur={event => {
          // Without a place where the focus goes, its button was taken away.
          wasOnButton.current = event.relatedTarget === null;
        }}
      >
        {isAsking ? (
          <button
            key="stop"
            type="button"
            className="jp-mod-styled"
            onClick={() => {
              model.stop();
              field.current?.focus();
            }}
          >
            {trans.__('Stop')}
          </button>
        ) : (
          <button
            key="send"
            type="submit"
            className="jp-mod-styled jp-mod-accept"
            aria-disabled={!canAsk}
          >
            {trans.__('Send')}
          </button>
        )}
        <span id={`${id}-hint`} className="jp-BedrockImport-quiet">
          {hasMistake
            ? trans.__('Put the options right first')
            : trans.__('Enter sends, Shift+Enter makes a new line')}
        </span>
      </div>
      <Disclosure summary={trans.__('Options')}>{() => <Options model={model} />}</Disclosure>
    </form>
  );
}

function Options({ model }: { model: AskModel }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { draft, mistakes } = model;
  return (
    <div className="jp-BedrockImport-askOptions">
      <div className="jp-mod-wide">
        <label htmlFor={`${id}-system`}>{trans.__('System prompt')}</label>
        <textarea
          id={`${id}-system`}
          className="jp-mod-styled"
          rows={2}
          placeholder={trans.__('none')}
          value={draft.system}
          onChange={event => model.change({ system: event.target.value })}
        />
      </div>
      <NumberField
        id={`${id}-tokens`}
        label={trans.__('Most tokens')}
        placeholder={String(DEFAULT_MAX_TOKENS)}
        value={draft.maxTokens}
        mistake={mistakes.maxTokens && trans.__('A whole number from 1 on')}
        onChange={maxTokens => model.change({ maxTokens })}
      />
      <NumberField
        id={`${id}-temperature`}
        label={trans.__('Temperature')}
        placeholder={trans.__('the model’s own')}
        value={draft.temperature}
        mistake={mistakes.temperature && trans.__('A number from 0 to %1', HIGHEST_TEMPERATURE)}
        onChange={temperature => model.change({ temperature })}
      />
    </div>
  );
}

function NumberField(props: {
  id: string;
  label: string;
  placeholder: string;
  value: string;
  mistake: string | undefined;
  onChange: (value: string) => void;
}): JSX.Element {
  const { id, label, placeholder, value, mistake, onChange } = props;
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="jp-mod-styled"
        inputMode="decimal"
        autoComplete="off"
        placeholder={placeholder}
        aria-invalid={mistake !== undefined}
        aria-describedby={`${id}-mistake`}
        value={value}
        onChange={event => onChange(event.target.value)}
      />
      <span id={`${id}-mistake`} className="jp-BedrockImport-mistake" role="status">
        {mistake}
      </span>
    </div>
  );
}
