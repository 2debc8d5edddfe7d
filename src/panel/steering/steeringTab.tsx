import type { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { createTab, ShownView } from '../components';
import { folderTargetIcon } from '../icons';
import type { IEngine } from '../tokens';
import type { SteeringModel } from './steeringModel';
import { SteeringView } from './steeringView';
import type { SteeringActions } from './steeringView';

export class SteeringWidget extends ShownView<SteeringModel> {
  constructor(
    model: SteeringModel,
    engine: IEngine,
    { trans, actions }: { trans: TranslationBundle; actions: SteeringActions }
  ) {
    super(model, engine, {
      trans,
      Body: ({ model }) => <SteeringView model={model} actions={actions} />
    });
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
