import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { ModelView } from '../components';
import type { IEngine } from '../tokens';
import type { AskModel } from './askModel';
import { AskBody } from './askView';

/** What a tab shows in which a model is asked. The model ends with it. */
export class AskWidget extends ModelView<AskModel> {
  constructor(
    readonly asked: AskModel,
    private readonly engine: IEngine,
    trans: TranslationBundle
  ) {
    super(asked, { trans, Body: AskBody });
    this.addClass('jp-BedrockImport-ask');
  }

  override dispose(): void {
    const { asked } = this;
    super.dispose();
    asked.dispose();
  }

  /** A tab that was restored behind others connects nothing. */
  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this.engine.connect();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.engine.connect();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    void this.focusField();
  }

  private async focusField(): Promise<void> {
    await this.renderPromise;
    const { activeElement } = document;
    // The tab gives the focus to what it shows as a whole, unless it is somewhere in it already.
    if (!this.isDisposed && (activeElement === this.node || !this.node.contains(activeElement))) {
      this.node.querySelector('textarea')?.focus();
    }
  }
}
