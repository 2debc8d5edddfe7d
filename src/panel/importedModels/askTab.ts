import type { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { createTab } from '../components';
import type { IEngine } from '../tokens';
import { AskModel } from './askModel';
import { AskWidget } from './askWidget';
import type { CostConsent } from './costConsent';

export interface AskTabOptions {
  engine: IEngine;
  trans: TranslationBundle;
  arn: string;
  name?: string;
  consent: CostConsent;
}

/** A tab of the main area in which a model is asked. */
export function createAskTab(options: AskTabOptions): MainAreaWidget<AskWidget> {
  const { engine, trans, arn, name, consent } = options;
  const model: AskModel = new AskModel(engine, {
    arn,
    name,
    confirm: known => consent.obtain(model.name, known)
  });
  const tab = createTab(
    `bedrock-import-ask-${arn.replace(/\W+/g, '-')}`,
    new AskWidget(model, engine, trans)
  );
  const showName = (): void => {
    tab.title.label = trans.__('Ask %1', model.name);
    tab.title.caption = arn;
  };
  showName();
  model.stateChanged.connect(showName);
  return tab;
}
