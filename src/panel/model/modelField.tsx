import { useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';

import type { FoundModelFact } from '../../protocol';
import { formatCount, useTrans } from '../components';
import type { ImportForm } from './importForm';

interface Option {
  source: string;
  found?: FoundModelFact;
}

/** What can be chosen: models that a search has found, or those of earlier imports. */
function optionsOf(form: ImportForm): Option[] {
  const { source } = form.draft;
  const found = form.search.state.value;
  if (found !== undefined && found.length > 0) {
    return found.map(model => ({ source: model.id, found: model }));
  }
  const typed = source.trim().toLowerCase();
  return form.recent
    .filter(recent => recent.toLowerCase().includes(typed))
    .map(recent => ({ source: recent }));
}

/** The field for a model, with the models that match what is typed (the combobox pattern of ARIA). */
export function ModelField({ form }: { form: ImportForm }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const options = open ? optionsOf(form) : [];
  const optionId = (index: number): string => `${id}-${index}`;
  const { state } = form.search;

  const choose = (source: string): void => {
    setOpen(false);
    setActive(-1);
    form.choose(source);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        setOpen(true);
        const count = options.length;
        if (count > 0) {
          const step = event.key === 'ArrowDown' ? 1 : -1;
          // From nothing chosen, up goes to the last one.
          const from = active < 0 && step < 0 ? count : active;
          setActive((from + step + count) % count);
        }
        return;
      }
      case 'Enter':
        event.preventDefault();
        choose(options[active]?.source ?? form.draft.source);
        return;
      case 'Escape':
        if (open) {
          event.stopPropagation();
          setOpen(false);
          setActive(-1);
        }
    }
  };

  return (
    <div
      className="jp-BedrockImport-modelField"
      onBlur={event => {
        if (!event.currentTarget.contains(event.relatedTarget)) {
          setOpen(false);
          setActive(-1);
        }
      }}
    >
      <label htmlFor={`${id}-input`}>{trans.__('Model')}</label>
      <div className="jp-BedrockImport-row">
        <input
          ref={input}
          id={`${id}-input`}
          className="jp-mod-styled"
          role="combobox"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? optionId(active) : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={trans.__('organisation/name, address, folder or s3://…')}
          value={form.draft.source}
          onChange={event => {
            setOpen(true);
            setActive(-1);
            form.type(event.target.value);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={onKeyDown}
        />
        <button
          type="button"
          className="jp-mod-styled"
          disabled={form.draft.source.trim() === '' || !form.isReady}
          onClick={() => choose(form.draft.source)}
        >
          {trans.__('Look up')}
        </button>
      </div>
      <ul
        id={`${id}-list`}
        className="jp-BedrockImport-options"
        role="listbox"
        aria-label={trans.__('Models')}
        hidden={options.length === 0}
      >
        {options.map((option, index) => (
          <li
            key={option.source}
            id={optionId(index)}
            role="option"
            aria-selected={index === active}
            className={index === active ? 'jp-mod-active' : ''}
            // The field keeps the focus.
            onMouseDown={event => event.preventDefault()}
            onClick={() => {
              choose(option.source);
              input.current?.focus();
            }}
          >
            <OptionLine option={option} />
          </li>
        ))}
      </ul>
      <span className="jp-BedrockImport-hidden" role="status">
        {open && options.length > 0 ? trans._n('%1 model', '%1 models', options.length) : ''}
      </span>
      {open && state.status === 'failed' && (
        <p className="jp-BedrockImport-quiet">
          {trans.__('The hub cannot be searched: %1', state.failure.message)}
        </p>
      )}
    </div>
  );
}

function OptionLine({ option }: { option: Option }): JSX.Element {
  const trans = useTrans();
  const { source, found } = option;
  if (found === undefined) {
    return (
      <>
        <span className="jp-BedrockImport-optionName">{source}</span>
        <span className="jp-BedrockImport-quiet">{trans.__('imported before')}</span>
      </>
    );
  }
  return (
    <>
      <span className="jp-BedrockImport-optionName">{source}</span>
      <span className="jp-BedrockImport-quiet">
        {trans.__('%1 downloads', formatCount(found.downloads))}
        {found.gated !== false && ` · ${trans.__('gated')}`}
        {found.private && ` · ${trans.__('private')}`}
      </span>
    </>
  );
}
