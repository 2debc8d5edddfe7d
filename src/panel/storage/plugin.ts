import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from '../commandIds';
import { addRefresh, showTab } from '../components';
import { storageIcon } from '../icons';
import { IEngine, IPreferences } from '../tokens';
import {
  confirmAbort,
  confirmCacheDeletion,
  confirmEmptying,
  confirmTrashDeletion
} from './confirmations';
import { StorageModel } from './storageModel';
import { createStorageTab } from './storageTab';
import type { StorageWidget } from './storageTab';
import type { StorageActions } from './storageView';

/** Commands of JupyterLab, which may not be there. */
const SHOW_IN_BROWSER = 'filebrowser:go-to-path';
const OPEN_DOCUMENT = 'docmanager:open';

export const storagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:storage',
  description: 'Shows in a tab what takes room on the disk, and frees it.',
  autoStart: true,
  requires: [IEngine],
  optional: [IPreferences, ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    preferences: IPreferences | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const tracker = new WidgetTracker<MainAreaWidget<StorageWidget>>({
      namespace: 'bedrock-import-storage'
    });
    void restorer?.restore(tracker, { command: CommandIDs.openStorage, name: () => 'storage' });

    const create = (): MainAreaWidget<StorageWidget> => {
      const model = new StorageModel(engine, preferences);
      const actions = createActions(model, commands, trans);
      const tab = createStorageTab(model, { engine, trans, actions });
      addRefresh(tab, trans.__('Look again'), () => model.refresh());
      return tab;
    };
    commands.addCommand(CommandIDs.openStorage, {
      label: trans.__('Free Up Space'),
      caption: trans.__('Show what takes room on the disk and can be deleted'),
      icon: args => (args['isPalette'] ? undefined : storageIcon),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => showTab({ shell, tracker }, () => true, create)
    });
    palette?.addItem({
      command: CommandIDs.openStorage,
      category: trans.__('Bedrock Import'),
      args: { isPalette: true }
    });
  }
};

function createActions(
  model: StorageModel,
  commands: CommandRegistry,
  trans: TranslationBundle
): StorageActions {
  const through = (command: string, argument: string): ((value: string) => void) | undefined =>
    commands.hasCommand(command)
      ? value => void commands.execute(command, { [argument]: value })
      : undefined;
  // The bar of the sidebar and the status bar show at once what was freed.
  const afterwards = (work: Promise<void>): void =>
    void work.then(() => {
      if (commands.hasCommand(CommandIDs.refreshMachine)) {
        void commands.execute(CommandIDs.refreshMachine);
      }
    });
  return {
    deleteFromTrash: chosen =>
      afterwards(
        model.deleteFromTrash(
          chosen.flatMap(({ items }) => items),
          () => confirmTrashDeletion(chosen, trans)
        )
      ),
    emptyTrash: paths =>
      afterwards(model.emptyTrash(paths, folders => confirmEmptying(folders, trans))),
    deleteCached: (section, ids) =>
      afterwards(model.deleteCached(section, ids, plan => confirmCacheDeletion(plan, trans))),
    abortUploads: (bucket, uploads) =>
      void model.abortUploads(uploads, () => confirmAbort(bucket, uploads, trans)),
    // Features are there by the time somebody looks, not by the time the tab is restored.
    get openJob() {
      return through(CommandIDs.openJob, 'id');
    },
    get showInBrowser() {
      return through(SHOW_IN_BROWSER, 'path');
    },
    get openNotebook() {
      return through(OPEN_DOCUMENT, 'path');
    }
  };
}
