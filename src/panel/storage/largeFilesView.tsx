import { useState } from 'react';

import type { LargeFile, LargeFiles as Found } from '../../protocol';
import {
  CopyButton,
  FailureNote,
  formatBytes,
  formatCount,
  formatTime,
  ShowMore,
  useTrans
} from '../components';
import { KeepFocus } from './keepFocus';
import { ActionButton, LinkButton } from './rows';
import type { StorageModel } from './storageModel';
import type { StorageActions } from './storageView';
import { visibleName } from './visibleName';

const PAGE = 50;

/** The largest files under the root, when somebody wants to know. Nothing is deleted here. */
export function LargeFiles(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  const { state } = model.largeFiles;
  const looking = state.status === 'loading';
  const root = model.disk.value?.path;
  return (
    <KeepFocus label={trans.__('Large files')}>
      <p className="jp-BedrockImport-quiet">
        {trans.__('Your own files. They are only shown here; delete them in the file browser.')}
      </p>
      <p className="jp-BedrockImport-looking">
        <ActionButton
          label={
            looking
              ? trans.__('Stop')
              : state.value === undefined
                ? trans.__('Look at all files')
                : trans.__('Look again')
          }
          disabled={!model.isReady}
          onClick={() => (looking ? model.largeFiles.cancel() : void model.lookForLargeFiles())}
        />
        <span role="status" className="jp-BedrockImport-quiet">
          {looking ? trans.__('Looking at every file …') : ''}
        </span>
      </p>
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      {state.value !== undefined && <Files found={state.value} root={root} actions={actions} />}
    </KeepFocus>
  );
}

function Files(props: {
  found: Found;
  root: string | undefined;
  actions: StorageActions;
}): JSX.Element {
  const trans = useTrans();
  const { found, root, actions } = props;
  const { files, looked, unreadable } = found;
  const [limit, setLimit] = useState(PAGE);
  return (
    <>
      <p>
        {trans._n(
          '%1 file was looked at.',
          '%2 files were looked at.',
          looked,
          formatCount(looked)
        )}
        {unreadable > 0 &&
          ` ${trans._n(
            '%1 could not be looked at.',
            '%2 could not be looked at.',
            unreadable,
            formatCount(unreadable)
          )}`}
      </p>
      <ul aria-label={trans.__('Large files')}>
        {files.slice(0, limit).map(file => (
          <File key={file.path} file={file} root={root} actions={actions} />
        ))}
      </ul>
      <ShowMore left={files.length - limit} page={PAGE} onShow={() => setLimit(limit + PAGE)} />
    </>
  );
}

function File(props: {
  file: LargeFile;
  root: string | undefined;
  actions: StorageActions;
}): JSX.Element {
  const trans = useTrans();
  const { file, root, actions } = props;
  const { bytes, modifiedAt, outputBytes, path } = file;
  const shown = visibleName(path);
  const inRoot = root === undefined ? undefined : pathInBrowser(path, root);
  const { openNotebook, showInBrowser } = actions;
  return (
    <li className="jp-BedrockImport-storageRow jp-mod-plain">
      <span className="jp-BedrockImport-storageName">
        {visibleName(root === undefined ? path : belowRoot(path, root))}
      </span>
      <span className="jp-BedrockImport-storageSize">{formatBytes(bytes)}</span>
      <div className="jp-BedrockImport-storageAbout">
        <p>
          <span>{trans.__('changed: %1', formatTime(modifiedAt))}</span>
          {outputBytes !== undefined && (
            <span>{trans.__('outputs of its cells: %1', formatBytes(outputBytes))}</span>
          )}
          {inRoot !== undefined && showInBrowser !== undefined && (
            <LinkButton
              label={trans.__('Show in File Browser')}
              name={trans.__('Show in File Browser: %1', shown)}
              onClick={() => showInBrowser(inRoot)}
            />
          )}
          {inRoot !== undefined && outputBytes !== undefined && openNotebook !== undefined && (
            <LinkButton
              label={trans.__('Open')}
              name={trans.__('Open %1', shown)}
              onClick={() => openNotebook(inRoot)}
            />
          )}
          <CopyButton text={path} label={trans.__('Copy the path of %1', shown)} />
        </p>
      </div>
    </li>
  );
}

function belowRoot(path: string, root: string): string {
  const folder = root.endsWith('/') ? root : `${root}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

/** The path as the file browser names it; undefined for what it does not show. */
export function pathInBrowser(path: string, root: string): string | undefined {
  const below = belowRoot(path, root);
  const isShown = below !== path && !below.split('/').some(name => name.startsWith('.'));
  return isShown ? below : undefined;
}
