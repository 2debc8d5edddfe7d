import type { UnfinishedUpload } from '../../protocol';
import { formatBytes, useTrans } from '../components';
import type { Loaded } from '../connection';
import { HubCache } from './cacheView';
import type { ChosenInFolder } from './confirmations';
import { DiskNow } from './diskNow';
import { LargeFiles } from './largeFilesView';
import { Leftovers } from './leftoversView';
import { RoomForModel } from './roomView';
import { StorageSection } from './section';
import type { StorageModel } from './storageModel';
import { Trash } from './trashView';
import { Uploads } from './uploadsView';

/** What the buttons of the tab do; those that are missing lead to what is switched off. */
export interface StorageActions {
  deleteFromTrash: (chosen: readonly ChosenInFolder[]) => void;
  emptyTrash: (paths: readonly string[]) => void;
  deleteCached: (section: 'cache' | 'leftovers', ids: readonly string[]) => void;
  abortUploads: (bucket: string, uploads: readonly UnfinishedUpload[]) => void;
  openJob?: (id: string) => void;
  /** Takes a path below the root. */
  showInBrowser?: (path: string) => void;
  openNotebook?: (path: string) => void;
}

/** The disk, and below it everything that takes room and can be looked through. */
export function StorageView(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  const { cache, largeFiles, trash, uploads } = model;
  const sum = <T,>(state: Loaded<T>, bytes: (value: T) => number): string | undefined =>
    state.value !== undefined
      ? formatBytes(bytes(state.value))
      : state.status === 'loading'
        ? '…'
        : undefined;
  return (
    <div className="jp-BedrockImport-storage">
      <h2>{trans.__('Storage')}</h2>
      <DiskNow model={model} />
      <StorageSection
        title={trans.__('Trash')}
        sum={sum(trash.state, ({ folders }) => total(folders))}
        initiallyOpen
      >
        {() => <Trash model={model} actions={actions} />}
      </StorageSection>
      <StorageSection title={trans.__('Hub cache')} sum={sum(cache.state, ({ hub }) => hub.bytes)}>
        {() => <HubCache model={model} actions={actions} />}
      </StorageSection>
      <StorageSection
        title={trans.__('Leftovers')}
        sum={sum(cache.state, ({ leftovers }) => total(leftovers))}
      >
        {() => <Leftovers model={model} actions={actions} />}
      </StorageSection>
      <StorageSection
        title={trans.__('Unfinished uploads')}
        sum={sum(uploads.listing, ({ bytes }) => bytes)}
      >
        {() => <Uploads model={model} actions={actions} />}
      </StorageSection>
      <StorageSection title={trans.__('Room for a model')}>
        {() => <RoomForModel model={model} />}
      </StorageSection>
      <StorageSection
        title={trans.__('Large files')}
        sum={sum(largeFiles.state, ({ files }) => total(files))}
      >
        {() => <LargeFiles model={model} actions={actions} />}
      </StorageSection>
    </div>
  );
}

function total(parts: readonly { bytes: number }[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
