import type { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { createTab, ModelView } from '../components';
import { folderTargetIcon } from '../icons';
import type { IEngine } from '../tokens';
import type { SteeringModel } from './steeringModel';
import { SteeringView } from './steeringView';
import type { SteeringActions } from './steeringView';

/** What the tab shows; it tells the model whether anybody can see it. The model ends with it. */
export class SteeringWidget extends ModelView<SteeringModel> {
  constructor(
    private readonly steering: SteeringModel,
    private readonly engine: IEngine,
    options: { trans: TranslationBundle; actions: SteeringActions }
  ) {
    super(steering, {
      trans: options.trans,
      Body: ({ model }) => <SteeringView model={model} actions={options.actions} />
    });
    this.addClass('jp-BedrockImport-tab');
  }

  override dispose(): void {
    const { steering } = this;
    super.dispose();
    steering.dispose();
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
    this.steering.setShown(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this.steering.setShown(false);
  }

  private look(): void {
    this.engine.connect();
    this.steering.setShown(true);
  }
}

export function createSteeringTab(
  model: SteeringModel,
  options: { engine: IEngine; trans: TranslationBundle; actions: SteeringActions }
): MainAreaWidget<SteeringWidget> {
  const { engine, trans, actions } = options;
  const tab = createTab(
    'bedrock-import-steering',
    new SteeringWidget(model, engine, { trans, actions })
  );
  tab.title.icon = folderTargetIcon;
  tab.title.label = trans.__('Cache and Temp Folders');
  tab.title.caption = trans.__('Where kernels and terminals keep caches and temporary files');
  return tab;
}
