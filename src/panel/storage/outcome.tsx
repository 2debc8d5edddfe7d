import { Button, closeIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef } from 'react';

import type { Failure, FreedSpace, StorageNews } from '../../protocol';
import { FailureNote, formatBytes, formatCount, useTrans } from '../components';
import type { StorageModel } from './storageModel';
import type { Outcome, SectionName } from './storageWork';
import { visibleName } from './visibleName';

/** Longer lists are shortened, with their number. */
const MOST_LISTED = 20;

/** What came of the last thing that was done in a section. */
export function WhatCameOfIt(props: { model: StorageModel; section: SectionName }): JSX.Element {
  const trans = useTrans();
  const { model, section } = props;
  const outcome = model.work.outcomeOf(section);
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What was chosen may stand far below.
    if (outcome !== undefined) {
      node.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [outcome]);
  return (
    <div ref={node} className="jp-BedrockImport-whatCameOfIt">
      {/* There before its text is, so that screen readers tell it. */}
      <div role="status">
        {outcome !== undefined && outcome.type !== 'failed' && (
          <div className={`jp-BedrockImport-outcome ${isWhole(outcome) ? '' : 'jp-mod-partly'}`}>
            <div>
              <OutcomeText outcome={outcome} />
            </div>
            <Button
              minimal
              small
              className="jp-BedrockImport-iconButton"
              title={trans.__('Close this note')}
              aria-label={trans.__('Close this note')}
              onClick={() => model.work.forget(section)}
            >
              <closeIcon.react tag="span" />
            </Button>
          </div>
        )}
      </div>
      {outcome?.type === 'failed' && (
        <FailureNote failure={outcome.failure}>
          {outcome.news !== undefined && <p>{deletedBefore(outcome.news, trans)}</p>}
        </FailureNote>
      )}
    </div>
  );
}

/** Whether everything was done that was to be. */
function isWhole(outcome: Outcome): boolean {
  switch (outcome.type) {
    case 'freed':
      return outcome.freed.left.length === 0;
    case 'restored':
      return outcome.restored.failed.length === 0;
    case 'aborted':
      return outcome.aborted.failed.length === 0;
    case 'stopped':
    case 'failed':
      return false;
  }
}

function OutcomeText({ outcome }: { outcome: Exclude<Outcome, { type: 'failed' }> }): JSX.Element {
  const trans = useTrans();
  switch (outcome.type) {
    case 'freed':
      return <Freed freed={outcome.freed} items={outcome.items} />;
    case 'restored': {
      const { restored, failed } = outcome.restored;
      return (
        <>
          {(restored.length > 0 || failed.length === 0) && (
            <p>
              {trans._n(
                '%1 item is back in its place:',
                '%2 items are back in their places:',
                restored.length,
                formatCount(restored.length)
              )}
            </p>
          )}
          <Paths paths={restored.map(({ path }) => path)} />
          <NotDone
            title={trans._n(
              '%1 item was not restored:',
              '%1 items were not restored:',
              failed.length
            )}
            items={failed.map(({ id, failure }) => ({
              name: outcome.names.get(id) ?? id,
              failure
            }))}
          />
        </>
      );
    }
    case 'aborted': {
      const { aborted, bytes, failed } = outcome.aborted;
      return (
        <>
          {(aborted > 0 || failed.length === 0) && (
            <p>
              {trans._n(
                '%1 upload was thrown away: %2 are not billed any more.',
                '%3 uploads were thrown away: %2 are not billed any more.',
                aborted,
                formatBytes(bytes),
                formatCount(aborted)
              )}
            </p>
          )}
          <NotDone
            title={trans._n(
              '%1 upload was not thrown away:',
              '%1 uploads were not thrown away:',
              failed.length
            )}
            items={failed.map(({ key, failure }) => ({ name: key, failure }))}
          />
        </>
      );
    }
    case 'stopped':
      return (
        <p>
          {outcome.news === undefined
            ? trans.__('Stopped. What was done until then stays done.')
            : `${trans.__('Stopped.')} ${deletedBefore(outcome.news, trans)}`}
        </p>
      );
  }
}

/** What the disk says beside what was promised. */
function Freed({ freed, items }: { freed: FreedSpace; items?: number }): JSX.Element {
  const trans = useTrans();
  const { availableAfter, availableBefore, left, removed } = freed;
  return (
    <>
      <p>
        {items !== undefined && left.length === 0
          ? trans._n(
              '%1 item was deleted for good.',
              '%2 items were deleted for good.',
              items,
              formatCount(items)
            )
          : trans._n(
              '%1 file or folder was deleted for good.',
              '%2 files and folders were deleted for good.',
              removed,
              formatCount(removed)
            )}{' '}
        {freedWords(freed, trans)}
      </p>
      <p className="jp-BedrockImport-quiet">
        {trans.__(
          'Available before: %1, now: %2.',
          formatBytes(availableBefore),
          formatBytes(availableAfter)
        )}
      </p>
      <NotDone
        title={trans._n('%1 is still there:', '%1 are still there:', left.length)}
        items={left.map(({ path, failure }) => ({ name: path, failure }))}
      />
    </>
  );
}

function freedWords({ expectedBytes, freedBytes }: FreedSpace, trans: TranslationBundle): string {
  const isFree = formatBytes(Math.max(0, freedBytes));
  const expected = formatBytes(expectedBytes);
  if (isAbout(freedBytes, expectedBytes)) {
    return trans.__('%1 are free again, as expected.', isFree);
  }
  return freedBytes > expectedBytes
    ? trans.__(
        '%1 are free again; %2 were expected. Other programs have freed some meanwhile.',
        isFree,
        expected
      )
    : trans.__(
        '%1 are free again; %2 were expected. Other programs may have used the disk meanwhile, or still hold deleted files open.',
        isFree,
        expected
      );
}

function isAbout(bytes: number, expected: number): boolean {
  return Math.abs(bytes - expected) <= Math.max(1e6, expected / 100);
}

function deletedBefore({ bytes, removed }: StorageNews, trans: TranslationBundle): string {
  return trans._n(
    'Until then %1 file or folder (%2) was deleted for good.',
    'Until then %3 files and folders (%2) were deleted for good.',
    removed,
    formatBytes(bytes),
    formatCount(removed)
  );
}

/** What could not be done, and why, one by one. */
function NotDone(props: {
  title: string;
  items: readonly { name: string; failure: Failure }[];
}): JSX.Element | null {
  const trans = useTrans();
  const { title, items } = props;
  const more = items.length - MOST_LISTED;
  return items.length === 0 ? null : (
    <div className="jp-BedrockImport-notDone">
      <p>{title}</p>
      <ul>
        {items.slice(0, MOST_LISTED).map(({ name, failure }, index) => (
          <li key={index}>
            <code>{visibleName(name)}</code>
            <p>
              {failure.message} {failure.nextStep}
            </p>
          </li>
        ))}
        {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
      </ul>
    </div>
  );
}

/** Paths one below the other; long lists are cut, with their number. */
export function Paths(props: { paths: readonly string[]; total?: number }): JSX.Element {
  const trans = useTrans();
  const { paths, total = paths.length } = props;
  const shown = paths.slice(0, MOST_LISTED);
  const more = total - shown.length;
  return (
    <ul className="jp-BedrockImport-paths">
      {shown.map((path, index) => (
        <li key={index}>
          <code>{visibleName(path)}</code>
        </li>
      ))}
      {more > 0 && <li>{trans._n('and %1 more', 'and %2 more', more, formatCount(more))}</li>}
    </ul>
  );
}
