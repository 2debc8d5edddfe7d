import type { TranslationBundle } from '@jupyterlab/translation';
import { memo, useMemo, useState } from 'react';

import type { CachedRepository, CachedRevision, CacheListing } from '../../protocol';
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

const PAGE = 50;
const FILTER_FROM = 10;

/** Models that tools have downloaded from the hub. */
export function HubCache(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  return (
    <Listed
      label={trans.__('Hub cache')}
      loader={model.cache}
      isReady={model.isReady}
      looking={trans.__('Looking at every file in the caches …')}
      onLook={() => void model.loadCache()}
    >
      {listing => <Repositories model={model} actions={actions} listing={listing} />}
    </Listed>
  );
}

function Repositories(props: {
  model: StorageModel;
  actions: StorageActions;
  listing: CacheListing;
}): JSX.Element {
  const trans = useTrans();
  const { model, actions, listing } = props;
  const { exists, onRootDisk, path, repositories, sharedStore, warnings } = listing.hub;
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const present = useMemo(
    () =>
      new Set(repositories.flatMap(({ id, revisions }) => [id, ...revisions.map(one => one.id)])),
    [repositories]
  );
  const { chosen, choose } = useSelection(present);
  const shown = useMemo(
    () => repositories.filter(({ name, type }) => matches(`${name} ${type}`, filter)),
    [repositories, filter]
  );
  const wanted = wantedOf(repositories, chosen);
  const visible = new Set(shown);
  const blocked = !model.isReady || model.work.doing !== undefined;
  return (
    <>
      <p className="jp-BedrockImport-withButton">
        <code>{visibleName(path)}</code>
        <CopyButton text={path} label={trans.__('Copy the path of the cache')} />
      </p>
      {!onRootDisk && exists && (
        <p>
          {trans.__('It is on another disk than your files: deleting makes no room for those.')}
        </p>
      )}
      {sharedStore && repositories.length > 0 && (
        <p className="jp-BedrockImport-quiet">
          {trans.__(
            'Models share files here. What several of them use stays until the last of them is deleted.'
          )}
        </p>
      )}
      {warnings.map(warning => (
        <p key={warning} className="jp-BedrockImport-storageProblem">
          {visibleName(warning)}
        </p>
      ))}
      {repositories.length >= FILTER_FROM && (
        <div className="jp-BedrockImport-storageHead">
          <FilterField label={trans.__('Filter the cache')} value={filter} onChange={setFilter} />
        </div>
      )}
      {repositories.length > 0 && (
        <ActionBar
          model={model}
          section="cache"
          count={wanted.ids.length}
          bytes={wanted.freesBytes}
          hidden={wanted.repositories.filter(repository => !visible.has(repository)).length}
        >
          <ActionButton
            label={trans.__('Delete …')}
            name={trans.__('Delete what is selected in the hub cache …')}
            disabled={blocked || wanted.ids.length === 0}
            onClick={() => actions.deleteCached('cache', wanted.ids)}
          />
        </ActionBar>
      )}
      <WhatCameOfIt model={model} section="cache" />
      {repositories.length === 0 ? (
        <p className="jp-BedrockImport-quiet">
          {exists
            ? trans.__('There is no model in the hub cache.')
            : trans.__('There is no hub cache: nothing was downloaded into it yet.')}
        </p>
      ) : (
        <>
          <ChooseAll
            label={trans.__('Select all')}
            ids={shown.map(({ id }) => id)}
            chosen={chosen}
            choose={choose}
          />
          <ul aria-label={trans.__('Models in the hub cache')}>
            {shown.slice(0, limit).map(repository => (
              <Repository
                key={repository.id}
                repository={repository}
                chosen={chosenIn(repository, chosen)}
                choose={choose}
              />
            ))}
          </ul>
          <ShowMore left={shown.length - limit} page={PAGE} onShow={() => setLimit(limit + PAGE)} />
        </>
      )}
    </>
  );
}

/** What is to be deleted: a whole repository stands for all of its revisions. */
export function wantedOf(
  repositories: readonly CachedRepository[],
  chosen: ReadonlySet<string>
): { ids: string[]; freesBytes: number; repositories: CachedRepository[] } {
  const ids: string[] = [];
  const concerned: CachedRepository[] = [];
  let freesBytes = 0;
  for (const repository of repositories) {
    const parts = chosen.has(repository.id)
      ? [repository]
      : repository.revisions.filter(({ id }) => chosen.has(id));
    if (parts.length > 0) {
      concerned.push(repository);
    }
    for (const part of parts) {
      ids.push(part.id);
      freesBytes += part.freesBytes;
    }
  }
  return { ids, freesBytes, repositories: concerned };
}

/** Ids in a repository that are chosen, as one text, so that only rows that change are drawn anew. */
function chosenIn({ id, revisions }: CachedRepository, chosen: ReadonlySet<string>): string {
  return [id, ...revisions.map(revision => revision.id)]
    .map(one => (chosen.has(one) ? '1' : '0'))
    .join('');
}

function typeName(type: CachedRepository['type'], trans: TranslationBundle): string | undefined {
  switch (type) {
    case 'dataset':
      return trans.__('dataset');
    case 'space':
      return trans.__('Space');
    case 'model':
      return undefined;
  }
}

function freesNote(
  { bytes, freesBytes }: { bytes: number; freesBytes: number },
  trans: TranslationBundle
): string | undefined {
  return freesBytes < bytes ? trans.__('deleting it frees %1', formatBytes(freesBytes)) : undefined;
}

const Repository = memo(function Repository(props: {
  repository: CachedRepository;
  chosen: string;
  choose: Selection['choose'];
}): JSX.Element {
  const trans = useTrans();
  const { repository, chosen, choose } = props;
  const { bytes, id, lastModified, name, revisions, type } = repository;
  const whole = chosen.startsWith('1');
  const facts = [
    typeName(type, trans),
    lastModified === undefined ? undefined : trans.__('changed: %1', formatTime(lastModified)),
    freesNote(repository, trans)
  ].filter(fact => fact !== undefined);
  return (
    <Row
      name={visibleName(name)}
      bytes={bytes}
      chosen={whole}
      onChoose={wanted => choose([id], wanted)}
      about={
        <p>
          {facts.map(fact => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      }
    >
      <Disclosure summary={trans._n('%1 revision', '%1 revisions', revisions.length)}>
        {() => (
          <ul aria-label={trans.__('Revisions of %1', name)}>
            {revisions.map((revision, index) => (
              <Revision
                key={revision.id}
                revision={revision}
                chosen={whole || chosen[index + 1] === '1'}
                disabled={whole}
                choose={choose}
              />
            ))}
          </ul>
        )}
      </Disclosure>
    </Row>
  );
});

function Revision(props: {
  revision: CachedRevision;
  chosen: boolean;
  /** The whole repository is chosen. */
  disabled: boolean;
  choose: Selection['choose'];
}): JSX.Element {
  const trans = useTrans();
  const { revision, chosen, disabled, choose } = props;
  const { bytes, commit, files, id, lastModified, refs } = revision;
  const facts = [
    trans._n('%1 file', '%2 files', files, formatCount(files)),
    lastModified === undefined ? undefined : trans.__('changed: %1', formatTime(lastModified)),
    freesNote(revision, trans)
  ].filter(fact => fact !== undefined);
  return (
    <Row
      name={visibleName([commit.slice(0, 12), ...refs].join(' '))}
      bytes={bytes}
      chosen={chosen}
      disabled={disabled}
      onChoose={wanted => choose([id], wanted)}
      about={
        <p>
          {facts.map(fact => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      }
    />
  );
}
