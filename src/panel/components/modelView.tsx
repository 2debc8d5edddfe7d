import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import type { ReactElement } from 'react';

import { TranslationProvider } from './translation';

/** Shows a model through a component, and anew whenever the model changes. */
export class ModelView<M extends VDomRenderer.IModel> extends VDomRenderer<M> {
  constructor(
    model: M,
    private readonly options: {
      trans: TranslationBundle;
      Body: (props: { model: M }) => ReactElement | null;
    }
  ) {
    super(model);
    this.addClass('jp-BedrockImport-view');
  }

  protected render(): ReactElement {
    const { trans, Body } = this.options;
    return (
      <TranslationProvider value={trans}>
        <Body model={this.model} />
      </TranslationProvider>
    );
  }
}
