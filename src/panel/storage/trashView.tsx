import { memo, useMemo, useState } from 'react';

import type { TrashContents, TrashItem, TrashListing } from '../../protocol';
import {
  CopyButton,
  Disclosure,
  formatBytes,
  formatCount,
  formatTime,
  ShowMore,
  useTrans
} from '../components';
import { WhatCameOfIt } from './outcome';
import { ActionBar } from './actionBar';
import { ActionButton, ChooseAll, FilterField, Row } from './rows';
import { Listed } from './section';
import { matches, useSelection } from './selection';
import type { Selection } from './selection';
import type { StorageModel } from './storageModel';
import type { StorageActions } from './storageView';
import { visibleName } from './visibleName';

/** So many rows of a folder are drawn at once. */
const PAGE = 100;
/** From so many items on, they are looked for by name. */
const FILTER_FROM = 10;

/** What was deleted and still takes room. */
export function Trash(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  return (
    <Listed
      label={trans.__('Trash')}
      loader={model.trash}
      isReady={model.isReady}
      looking={trans.__('Looking at every file in the trash …')}
      onLook={() => void model.loadTrash()}
    >
      {listing => <Listing model={model} actions={actions} listing={listing} />}
    </Listed>
  );
}

function Listing(props: {
  model: StorageModel;
  actions: StorageActions;
  listing: TrashListing;
}): JSX.Element {
  const trans = useTrans();
  const { model, actions, listing } = props;
  const [filter, setFilter] = useState('');
  const { folders, unreadable } = listing;
  const items = useMemo(() => folders.flatMap(folder => folder.items), [folders]);
  const selection = useSelection(useMemo(() => new Set(items.map(({ id }) => id)), [items]));
  const { chosen } = selection;
  const shown = useMemo(() => shownItems(items, filter), [items, filter]);
  const chosenItems = items.filter(({ id }) => chosen.has(id));
  const restorable = chosenItems.filter(({ problem }) => problem === undefined);
  const own = folders.filter(
    ({ foreign, problem, totalItems }) => !foreign && problem === undefined && totalItems > 0
  );
  const blocked = !model.isReady || model.work.doing !== undefined;
  const nothing = folders.every(({ totalItems }) => totalItems === 0);
  return (
    <>
      {!nothing && (
        <div className="jp-BedrockImport-storageHead">
          <ActionButton
            label={trans.__('Empty the trash …')}
            disabled={blocked || own.length === 0}
            onClick={() => actions.emptyTrash(own.map(({ path }) => path))}
          />
          {items.length >= FILTER_FROM && (
            <FilterField label={trans.__('Filter the trash')} value={filter} onChange={setFilter} />
          )}
        </div>
      )}
      <Setting setting={listing.setting} />
      {!nothing && (
        <ActionBar
          model={model}
          section="trash"
          count={chosenItems.length}
          bytes={chosenItems.reduce((sum, { bytes }) => sum + bytes, 0)}
          hidden={chosenItems.filter(item => !shown.has(item)).length}
        >
          <ActionButton
            label={trans.__('Restore')}
            disabled={blocked || restorable.length === 0}
            onClick={() => void model.restore(restorable)}
          />
          <ActionButton
            label={trans.__('Delete for good …')}
            disabled={blocked || chosenItems.length === 0}
            onClick={() =>
              actions.deleteFromTrash(
                folders
                  .map(folder => ({
                    folder,
                    items: folder.items.filter(({ id }) => chosen.has(id))
                  }))
                  .filter(folder => folder.items.length > 0)
              )
            }
          />
        </ActionBar>
      )}
      <WhatCameOfIt model={model} section="trash" />
      {unreadable > 0 && (
        <p className="jp-BedrockImport-storageProblem">
          {trans._n(
            '%1 file or folder could not be looked at; it is not in the sizes.',
            '%2 files or folders could not be looked at; they are not in the sizes.',
            unreadable,
            formatCount(unreadable)
          )}
        </p>
      )}
      {nothing && <p className="jp-BedrockImport-quiet">{trans.__('The trash is empty.')}</p>}
      {folders
        .filter(({ problem, totalItems }) => totalItems > 0 || problem !== undefined)
        .map(folder => (
          <Folder
            key={folder.path}
            folder={folder}
            shown={shown}
            selection={selection}
            blocked={blocked}
            onEmpty={() => actions.emptyTrash([folder.path])}
          />
        ))}
    </>
  );
}

function shownItems(items: readonly TrashItem[], filter: string): ReadonlySet<TrashItem> {
  return new Set(
    items.filter(({ name, originalPath = '' }) => matches(`${name} ${originalPath}`, filter))
  );
}

/** What ends it that deleted files still take room. */
function Setting({ setting }: { setting: TrashListing['setting'] }): JSX.Element | null {
  const trans = useTrans();
  if (setting === undefined) {
    return null;
  }
  const { file, line, meaning } = setting;
  return (
    <Disclosure summary={trans.__('Why deleted files still take room')}>
      {() => (
        <>
          <p>{meaning}</p>
          <p>{trans.__('To change that, add this line to %1 and restart the server:', file)}</p>
          <div className="jp-BedrockImport-command">
            <code>{line}</code>
            <CopyButton text={line} label={trans.__('Copy the line')} />
          </div>
        </>
      )}
    </Disclosure>
  );
}

function Folder(props: {
  folder: TrashContents;
  shown: ReadonlySet<TrashItem>;
  selection: Selection;
  blocked: boolean;
  onEmpty: () => void;
}): JSX.Element {
  const trans = useTrans();
  const { folder, shown, selection, blocked, onEmpty } = props;
  const { bytes, foreign, items, onRootDisk, path, problem, totalItems, userId } = folder;
  const [limit, setLimit] = useState(PAGE);
  const matching = items.filter(item => shown.has(item));
  return (
    <section className="jp-BedrockImport-trashFolder" aria-label={path} data-foreign={foreign}>
      <div className="jp-BedrockImport-trashHead">
        <div>
          <code>{visibleName(path)}</code>
          <p className="jp-BedrockImport-quiet">
            {trans._n('%1 item', '%2 items', totalItems, formatCount(totalItems))}
            {` · ${formatBytes(bytes)}`}
            {!onRootDisk && ` · ${trans.__('on another disk')}`}
          </p>
        </div>
        {foreign && totalItems > 0 && problem === undefined && (
          <ActionButton
            label={trans.__('Empty this folder …')}
            name={trans.__('Empty %1 …', path)}
            disabled={blocked}
            onClick={onEmpty}
          />
        )}
      </div>
      {foreign && (
        <p className="jp-BedrockImport-storageProblem">
          {userId === undefined
            ? trans.__('Of another user: deleted only where it is chosen here.')
            : userId === 0
              ? trans.__('Of another user, root: deleted only where it is chosen here.')
              : trans.__(
                  'Of another user, number %1: deleted only where it is chosen here.',
                  userId
                )}
        </p>
      )}
      {problem !== undefined && <p className="jp-BedrockImport-storageProblem">{problem}</p>}
      {items.length > 0 && (
        <>
          <ChooseAll
            label={
              matching.length === items.length
                ? trans.__('Select all')
                : trans._n(
                    'Select the %1 that matches',
                    'Select the %1 that match',
                    matching.length
                  )
            }
            ids={matching.map(({ id }) => id)}
            chosen={selection.chosen}
            choose={selection.choose}
          />
          <ul aria-label={trans.__('Items in %1', path)}>
            {matching.slice(0, limit).map(item => (
              <TrashRow
                key={item.id}
                item={item}
                chosen={selection.chosen.has(item.id)}
                choose={selection.choose}
              />
            ))}
          </ul>
          <ShowMore
            left={matching.length - limit}
            page={PAGE}
            onShow={() => setLimit(limit + PAGE)}
          />
          {totalItems > items.length && (
            <p className="jp-BedrockImport-quiet">
              {trans.__(
                'The largest %1 of %2 are listed.',
                formatCount(items.length),
                formatCount(totalItems)
              )}
            </p>
          )}
        </>
      )}
    </section>
  );
}

const TrashRow = memo(function TrashRow(props: {
  item: TrashItem;
  chosen: boolean;
  choose: Selection['choose'];
}): JSX.Element {
  const trans = useTrans();
  const { item, chosen, choose } = props;
  const { bytes, deletedAt, id, kind, name, originalPath, problem } = item;
  const from = originalPath === undefined ? undefined : folderOf(originalPath);
  return (
    <Row
      name={visibleName(kind === 'folder' ? `${name}/` : name)}
      bytes={bytes}
      chosen={chosen}
      onChoose={wanted => choose([id], wanted)}
      about={
        <p>
          {from !== undefined && <span>{trans.__('from %1', visibleName(from))}</span>}
          {deletedAt !== undefined && <span>{trans.__('deleted: %1', formatTime(deletedAt))}</span>}
        </p>
      }
      problem={problem}
    />
  );
});

/** The folder in which an item was. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
