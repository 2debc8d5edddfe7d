import { memo, useMemo } from 'react';

import type { Leftover } from '../../protocol';
import { Disclosure, useTrans } from '../components';
import { Paths, WhatCameOfIt } from './outcome';
import { ActionBar } from './actionBar';
import { ActionButton, ChooseAll, Row } from './rows';
import { Listed } from './section';
import { useSelection } from './selection';
import type { Selection } from './selection';
import type { StorageModel } from './storageModel';
import type { StorageActions } from './storageView';
import { visibleName } from './visibleName';

/** What can be made or fetched again, or is not needed any more. */
export function Leftovers(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  return (
    <Listed
      label={trans.__('Leftovers')}
      loader={model.cache}
      isReady={model.isReady}
      looking={trans.__('Looking at every file in the caches …')}
      onLook={() => void model.loadCache()}
    >
      {({ leftovers }) => <Listing model={model} actions={actions} leftovers={leftovers} />}
    </Listed>
  );
}

function Listing(props: {
  model: StorageModel;
  actions: StorageActions;
  leftovers: readonly Leftover[];
}): JSX.Element {
  const trans = useTrans();
  const { model, actions, leftovers } = props;
  const free = useMemo(
    () => leftovers.filter(({ problem }) => problem === undefined).map(({ id }) => id),
    [leftovers]
  );
  const { chosen, choose } = useSelection(useMemo(() => new Set(free), [free]));
  const wanted = leftovers.filter(({ id }) => chosen.has(id));
  const blocked = !model.isReady || model.work.doing !== undefined;
  return (
    <>
      {leftovers.length > 0 && (
        <ActionBar
          model={model}
          section="leftovers"
          count={wanted.length}
          bytes={wanted.reduce((sum, { bytes }) => sum + bytes, 0)}
        >
          <ActionButton
            label={trans.__('Delete …')}
            name={trans.__('Delete the selected leftovers …')}
            disabled={blocked || wanted.length === 0}
            onClick={() =>
              actions.deleteCached(
                'leftovers',
                wanted.map(({ id }) => id)
              )
            }
          />
        </ActionBar>
      )}
      <WhatCameOfIt model={model} section="leftovers" />
      {leftovers.length === 0 ? (
        <p className="jp-BedrockImport-quiet">{trans.__('There are no leftovers.')}</p>
      ) : (
        <>
          <ChooseAll label={trans.__('Select all')} ids={free} chosen={chosen} choose={choose} />
          <ul aria-label={trans.__('Leftovers')}>
            {leftovers.map(leftover => (
              <LeftoverRow
                key={leftover.id}
                leftover={leftover}
                chosen={chosen.has(leftover.id)}
                choose={choose}
              />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const LeftoverRow = memo(function LeftoverRow(props: {
  leftover: Leftover;
  chosen: boolean;
  choose: Selection['choose'];
}): JSX.Element {
  const trans = useTrans();
  const { leftover, chosen, choose } = props;
  const { bytes, id, label, meaning, onRootDisk, paths, problem } = leftover;
  return (
    <Row
      name={visibleName(label)}
      bytes={bytes}
      chosen={chosen}
      disabled={problem !== undefined}
      onChoose={wanted => choose([id], wanted)}
      about={
        <>
          <p>{meaning}</p>
          {!onRootDisk && <p>{trans.__('On another disk than your files.')}</p>}
        </>
      }
      problem={problem}
    >
      <Disclosure summary={trans._n('%1 path', '%1 paths', paths.length)}>
        {() => <Paths paths={paths} />}
      </Disclosure>
    </Row>
  );
});
