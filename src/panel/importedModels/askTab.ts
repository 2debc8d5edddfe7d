import { Dialog, MainAreaWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { panelIcon } from '../icons';
import type { IEngine } from '../tokens';
import { AskModel } from './askModel';
import { AskWidget } from './askWidget';
import { explainQuestion } from './cost';

export interface AskTabOptions {
  engine: IEngine;
  trans: TranslationBundle;
  arn: string;
  name?: string;
  /** Whether the cost is said before the first question. */
  confirmAsk: () => Promise<boolean>;
}

/** A tab of the main area in which a model is asked. */
export function createAskTab(options: AskTabOptions): MainAreaWidget<AskWidget> {
  const { engine, trans, arn, name, confirmAsk } = options;
  const model: AskModel = new AskModel(engine, {
    arn,
    name,
    confirm: async known => {
      if (!(await confirmAsk())) {
        return true;
      }
      const { button } = await showDialog({
        title: trans.__('Ask “%1”?', model.name),
        body: explainQuestion(known ?? {}, trans),
        buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Ask') })],
        defaultButton: 0
      });
      return button.accept;
    }
  });
  const tab = new MainAreaWidget({ content: new AskWidget(model, engine, trans) });
  tab.id = `bedrock-import-ask-${arn.replace(/\W+/g, '-')}`;
  tab.title.icon = panelIcon;
  tab.title.closable = true;
  const showName = (): void => {
    tab.title.label = trans.__('Ask %1', model.name);
    tab.title.caption = arn;
  };
  showName();
  model.stateChanged.connect(showName);
  return tab;
}
