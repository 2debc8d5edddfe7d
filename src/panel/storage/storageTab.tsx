import type { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { createTab, ModelView } from '../components';
import type { IEngine } from '../tokens';
import type { StorageModel } from './storageModel';
import { StorageView } from './storageView';
import type { StorageActions } from './storageView';

/** What the tab shows; it tells the model whether anybody can see it. The model ends with it. */
export class StorageWidget extends ModelView<StorageModel> {
  constructor(
    private readonly storage: StorageModel,
    private readonly engine: IEngine,
    { trans, actions }: { trans: TranslationBundle; actions: StorageActions }
  ) {
    super(storage, {
      trans,
      Body: ({ model }) => <StorageView model={model} actions={actions} />
    });
    this.addClass('jp-BedrockImport-tab');
    this.addClass('jp-BedrockImport-storageTab');
  }

  override dispose(): void {
    const { storage } = this;
    super.dispose();
    storage.dispose();
  }

  /** A tab that was restored behind others connects nothing. */
  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this.look();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.look();
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this.storage.setShown(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this.storage.setShown(false);
  }

  private look(): void {
    this.engine.connect();
    this.storage.setShown(true);
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
