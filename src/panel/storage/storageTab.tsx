import type { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { createTab, ShownView } from '../components';
import type { IEngine } from '../tokens';
import type { StorageModel } from './storageModel';
import { StorageView } from './storageView';
import type { StorageActions } from './storageView';

export class StorageWidget extends ShownView<StorageModel> {
  constructor(
    model: StorageModel,
    engine: IEngine,
    { trans, actions }: { trans: TranslationBundle; actions: StorageActions }
  ) {
    super(model, engine, {
      trans,
      Body: ({ model }) => <StorageView model={model} actions={actions} />
    });
    this.addClass('jp-BedrockImport-storageTab');
  }
}

export function createStorageTab(
  model: StorageModel,
  options: { engine: IEngine; trans: TranslationBundle; actions: StorageActions }
): MainAreaWidget<StorageWidget> {
  const { engine, trans, actions } = options;
  const tab = createTab(
    'bedrock-import-storage',
    new StorageWidget(model, engine, { trans, actions })
  );
  tab.title.label = trans.__('Storage');
  tab.title.caption = trans.__('What takes room on the disk, and can be deleted');
  tab.toolbar.node.setAttribute('aria-label', trans.__('Storage toolbar'));
  return tab;
}
