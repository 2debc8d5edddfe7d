import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';

import { formatBytes, formatCount, percentOf, Progress, useTrans } from '../components';
import { ActionButton } from './rows';
import type { StorageModel } from './storageModel';
import type { Doing, SectionName } from './storageWork';

/** What can be done with what is chosen, and how far it is; it stays in sight above its list. */
export function ActionBar(props: {
  model: StorageModel;
  section: SectionName;
  count: number;
  /** Of what is chosen. */
  bytes: number;
  /** Of those, the ones that a filter hides. */
  hidden?: number;
  children: ReactNode;
}): JSX.Element {
  const trans = useTrans();
  const { model, section, count, bytes, hidden = 0, children } = props;
  const { doing } = model.work;
  const mine = doing?.section === section && doing.status !== 'asking' ? doing : undefined;
  return (
    <div className="jp-BedrockImport-storageBar">
      <div className="jp-BedrockImport-storageButtons">{children}</div>
      <span className="jp-BedrockImport-storageChosen">
        <span role="status">
          {mine === undefined ? chosenText(count, bytes, hidden, trans) : doingText(mine, trans)}
        </span>
        {mine?.news !== undefined && (
          <span>
            {trans.__(
              '%1 files and folders, %2',
              formatCount(mine.news.removed),
              formatBytes(mine.news.bytes)
            )}
          </span>
        )}
      </span>
      {mine !== undefined && mine.status !== 'looking' && (
        <ActionButton
          label={trans.__('Stop')}
          disabled={mine.stopping}
          onClick={() => model.work.stop()}
        />
      )}
      {mine !== undefined && (
        <Progress label={doingText(mine, trans)} percent={percentDone(mine)} />
      )}
    </div>
  );
}

function chosenText(
  count: number,
  bytes: number,
  hidden: number,
  trans: TranslationBundle
): string {
  if (count === 0) {
    return trans.__('Nothing selected');
  }
  const chosen = trans._n(
    '%1 selected, %2',
    '%3 selected, %2',
    count,
    formatBytes(bytes),
    formatCount(count)
  );
  return hidden === 0
    ? chosen
    : `${chosen} ${trans._n('(%1 hidden by the filter)', '(%1 hidden by the filter)', hidden)}`;
}

function doingText({ status, stopping }: Doing, trans: TranslationBundle): string {
  switch (status) {
    case 'preparing':
    case 'asking':
      return trans.__('Looking at what would be done …');
    case 'running':
      return stopping ? trans.__('Stopping …') : trans.__('Working …');
    case 'looking':
      return trans.__('Looking at what is left …');
  }
}

function percentDone({ expectedBytes, news, status }: Doing): number | undefined {
  if (status === 'looking') {
    return 100;
  }
  return expectedBytes === undefined || expectedBytes === 0 || news === undefined
    ? undefined
    : percentOf(news.bytes, expectedBytes);
}
