import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';

import { formatBytes } from '../components';

/** One thing that can be chosen: its name and size, and below them what else is to be said. */
export function Row(props: {
  name: string;
  bytes?: number;
  /** Beside the size, such as what deleting frees where that is less. */
  note?: string;
  chosen: boolean;
  disabled?: boolean;
  onChoose: (chosen: boolean) => void;
  /** Short facts on one line. */
  about?: ReactNode;
  problem?: string;
  children?: ReactNode;
}): JSX.Element {
  const id = useId();
  const { name, bytes, note, chosen, disabled, onChoose, about, problem, children } = props;
  return (
    <li className="jp-BedrockImport-storageRow">
      <input
        id={id}
        type="checkbox"
        aria-describedby={`${id}-about`}
        checked={chosen}
        disabled={disabled}
        onChange={event => onChoose(event.target.checked)}
      />
      <label htmlFor={id} className="jp-BedrockImport-storageName">
        {name}
      </label>
      <span className="jp-BedrockImport-storageSize">
        {bytes !== undefined && formatBytes(bytes)}
      </span>
      <div className="jp-BedrockImport-storageAbout" id={`${id}-about`}>
        {note !== undefined && <p>{note}</p>}
        {about}
        {problem !== undefined && <p className="jp-BedrockImport-storageProblem">{problem}</p>}
      </div>
      {children !== undefined && <div className="jp-BedrockImport-storageMore">{children}</div>}
    </li>
  );
}

/** Chooses all of a list or none; half on when it is some of them. */
export function ChooseAll(props: {
  label: string;
  ids: readonly string[];
  chosen: ReadonlySet<string>;
  choose: (ids: readonly string[], chosen: boolean) => void;
}): JSX.Element {
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const { label, ids, chosen, choose } = props;
  const count = ids.filter(one => chosen.has(one)).length;
  const all = ids.length > 0 && count === ids.length;
  useEffect(() => {
    if (box.current !== null) {
      box.current.indeterminate = count > 0 && !all;
    }
  }, [all, count]);
  return (
    <span className="jp-BedrockImport-chooseAll">
      <input
        ref={box}
        id={id}
        type="checkbox"
        checked={all}
        disabled={ids.length === 0}
        onChange={event => choose(ids, event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}

/** Looks for some of many by name. */
export function FilterField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const { label, value, onChange } = props;
  return (
    <input
      className="jp-mod-styled jp-BedrockImport-storageFilter"
      type="search"
      aria-label={label}
      placeholder={label}
      spellCheck={false}
      value={value}
      onChange={event => onChange(event.target.value)}
    />
  );
}

/** A button that keeps the focus when it can do nothing. */
export function ActionButton(props: {
  label: string;
  /** For screen readers, where the label says it only beside what stands around it. */
  name?: string;
  warn?: boolean;
  disabled: boolean;
  onClick: () => void;
}): JSX.Element {
  const { label, name, warn = false, disabled, onClick } = props;
  return (
    <button
      type="button"
      className={`jp-mod-styled ${warn ? 'jp-mod-warn' : ''}`}
      aria-label={name}
      aria-disabled={disabled}
      onClick={() => !disabled && onClick()}
    >
      {label}
    </button>
  );
}

/** A button that is one of many and stands in a line of text. */
export function LinkButton(props: {
  label: string;
  /** For screen readers: which of the many. */
  name: string;
  onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-BedrockImport-linkButton"
      aria-label={props.name}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}
