import type { VDomModel } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

import type { IEngine } from '../tokens';
import { ModelView } from './modelView';

/** A model that asks for nothing while nobody sees it. */
export interface ShownModel extends VDomModel {
  setShown(shown: boolean): void;
}

/** The content of a tab; it tells the model whether anybody can see it. The model ends with it. */
export class ShownView<M extends ShownModel> extends ModelView<M> {
  constructor(
    private readonly shownModel: M,
    private readonly engine: IEngine,
    options: ConstructorParameters<typeof ModelView<M>>[1]
  ) {
    super(shownModel, options);
    this.addClass('jp-BedrockImport-tab');
  }

  override dispose(): void {
    const { shownModel } = this;
    super.dispose();
    shownModel.dispose();
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
    this.shownModel.setShown(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this.shownModel.setShown(false);
  }

  private look(): void {
    this.engine.connect();
    this.shownModel.setShown(true);
  }
}
