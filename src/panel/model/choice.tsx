import { HTMLSelect } from '@jupyterlab/ui-components';
import { useId, useState } from 'react';

import { useTrans } from '../components';

export interface ChoiceOption {
  value: string;
  label: string;
}

export interface ChoiceProps {
  label: string;
  value: string;
  options: readonly ChoiceOption[];
  /** Shown while nothing is chosen. */
  placeholder: string;
  /** Of the field in which a value that is not in the list is typed. */
  otherLabel: string;
  onChange: (value: string) => void;
  busy?: boolean;
  /** Something to do instead of choosing, at the end of the list. */
  action?: { label: string; run: () => void };
}

const OTHER = '\u0000other';
const ACTION = '\u0000action';

/** One of a list, or something else that is typed: what may be listed depends on permissions. */
export function Choice(props: ChoiceProps): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { label, value, options, placeholder, otherLabel, onChange, busy, action } = props;
  const listed = options.some(option => option.value === value);
  const [typing, setTyping] = useState(false);
  const [typed, setTyped] = useState('');
  const shown = value === '' || listed || typing ? options : [...options, { value, label: value }];

  const leave = (): void => {
    setTyping(false);
    if (typed.trim() !== '') {
      onChange(typed.trim());
    }
  };

  return (
    <div className="jp-BedrockImport-field">
      <label htmlFor={id}>{label}</label>
      <HTMLSelect
        id={id}
        className="jp-BedrockImport-select"
        aria-busy={busy}
        value={typing ? OTHER : value}
        onChange={event => {
          const chosen = event.target.value;
          setTyping(chosen === OTHER);
          if (chosen === OTHER) {
            setTyped(value);
          } else if (chosen === ACTION) {
            action?.run();
          } else {
            onChange(chosen);
          }
        }}
      >
        <option value="">{placeholder}</option>
        {shown.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
        <option value={OTHER}>{trans.__('Another …')}</option>
        {action !== undefined && <option value={ACTION}>{action.label}</option>}
      </HTMLSelect>
      {typing && (
        <input
          className="jp-mod-styled"
          aria-label={otherLabel}
          placeholder={otherLabel}
          autoFocus
          spellCheck={false}
          value={typed}
          onChange={event => setTyped(event.target.value)}
          onBlur={leave}
          onKeyDown={event => {
            if (event.key === 'Enter') {
              event.preventDefault();
              leave();
            } else if (event.key === 'Escape') {
              event.stopPropagation();
              setTyping(false);
            }
          }}
        />
      )}
    </div>
  );
}
