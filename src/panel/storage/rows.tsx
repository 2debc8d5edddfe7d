import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';

import { formatBytes, formatCount, useTrans } from '../components';

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

/** What can be done with what is chosen; it stays in sight while the list is scrolled. */
export function ActionBar(props: {
  filter?: { value: string; label: string; onChange: (value: string) => void };
  count: number;
  /** Of what is chosen. */
  bytes: number;
  /** Of those, the ones that a filter hides. */
  hidden?: number;
  children: ReactNode;
}): JSX.Element {
  const trans = useTrans();
  const { filter, count, bytes, hidden = 0, children } = props;
  return (
    <div className="jp-BedrockImport-storageBar">
      {filter !== undefined && (
        <input
          className="jp-mod-styled jp-BedrockImport-filter"
          type="search"
          aria-label={filter.label}
          placeholder={filter.label}
          spellCheck={false}
          value={filter.value}
          onChange={event => filter.onChange(event.target.value)}
        />
      )}
      <div className="jp-BedrockImport-storageButtons">{children}</div>
      <span className="jp-BedrockImport-storageChosen" role="status">
        {count === 0
          ? trans.__('Nothing selected')
          : trans._n(
              '%1 selected, %2',
              '%3 selected, %2',
              count,
              formatBytes(bytes),
              formatCount(count)
            )}
        {hidden > 0 &&
          ` ${trans._n('(%1 hidden by the filter)', '(%1 hidden by the filter)', hidden)}`}
      </span>
    </div>
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
