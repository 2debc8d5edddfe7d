import { useId } from 'react';
import type { ReactNode } from 'react';

import { Disclosure, FailureNote, useTrans } from '../components';
import type { Loaded, Loader } from '../connection';
import { KeepFocus } from './keepFocus';

/** One kind of thing that takes room, with how much in its heading. */
export function StorageSection(props: {
  title: string;
  /** Such as its size. */
  sum?: string;
  initiallyOpen?: boolean;
  children: () => ReactNode;
}): JSX.Element {
  const id = useId();
  const { title, sum, initiallyOpen, children } = props;
  return (
    <section className="jp-BedrockImport-storageSection" aria-labelledby={id}>
      <Disclosure
        initiallyOpen={initiallyOpen}
        summary={
          <span className="jp-BedrockImport-storageTitle">
            <h3 id={id}>{title}</h3>
            <span>{sum}</span>
          </span>
        }
      >
        {children}
      </Disclosure>
    </section>
  );
}

/** A list that is fetched, and what stands in its place or above it while it is not known. */
export function Listed<T>(props: {
  label: string;
  loader: Loader<T>;
  isReady: boolean;
  looking: string;
  onLook: () => void;
  children: (list: T) => ReactNode;
}): JSX.Element {
  const { label, loader, isReady, looking, onLook, children } = props;
  const { state, value } = loader;
  return (
    <KeepFocus label={label}>
      <ListState
        state={state}
        isReady={isReady}
        looking={looking}
        onLook={onLook}
        onStop={() => loader.cancel()}
      />
      {value !== undefined && children(value)}
    </KeepFocus>
  );
}

/** What stands in place of a list, or above it, while it is not known or not known anew. */
function ListState(props: {
  state: Loaded<unknown>;
  isReady: boolean;
  looking: string;
  onLook: () => void;
  onStop: () => void;
}): JSX.Element | null {
  const trans = useTrans();
  const { state, isReady, looking, onLook, onStop } = props;
  const button = (label: string, onClick: () => void): JSX.Element => (
    <button type="button" className="jp-mod-styled" onClick={onClick}>
      {label}
    </button>
  );
  if (state.status === 'failed') {
    return (
      <FailureNote failure={state.failure}>
        {isReady && button(trans.__('Try again'), onLook)}
      </FailureNote>
    );
  }
  if (state.value !== undefined) {
    return null;
  }
  if (!isReady) {
    return (
      <p className="jp-BedrockImport-quiet">{trans.__('Shown as soon as the engine answers.')}</p>
    );
  }
  return state.status === 'loading' ? (
    <p className="jp-BedrockImport-looking">
      <span role="status">{looking}</span>
      {button(trans.__('Stop'), onStop)}
    </p>
  ) : (
    <p className="jp-BedrockImport-looking">{button(trans.__('Look'), onLook)}</p>
  );
}
