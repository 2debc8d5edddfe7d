import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from '../commandIds';
import { addRefresh, showTab } from '../components';
import { folderTargetIcon } from '../icons';
import { IEngine } from '../tokens';
import { confirmMove, confirmSteer, confirmUnsteer } from './confirmations';
import { ServerEnvironment } from './runningEnvironment';
import { SteeringModel } from './steeringModel';
import { createSteeringTab } from './steeringTab';
import type { SteeringWidget } from './steeringTab';
import type { SteeringActions } from './steeringView';

export const steeringPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:steering',
  description: 'Shows in a tab where tools keep caches and temporary files, and steers them.',
  autoStart: true,
  requires: [IEngine],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands, serviceManager, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const tracker = new WidgetTracker<MainAreaWidget<SteeringWidget>>({
      namespace: 'bedrock-import-steering'
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openSteering,
      name: () => 'steering'
    });

    const create = (): MainAreaWidget<SteeringWidget> => {
      const environment = new ServerEnvironment(serviceManager.serverSettings, trans);
      const model = new SteeringModel(engine, environment);
      const actions = createActions(model, commands, trans);
      const tab = createSteeringTab(model, { engine, trans, actions });
      tab.toolbar.node.setAttribute('aria-label', trans.__('Cache and temp folders toolbar'));
      addRefresh(tab, trans.__('Look again'), () => model.refresh());
      return tab;
    };
    commands.addCommand(CommandIDs.openSteering, {
      label: trans.__('Cache and Temp Folders'),
      caption: trans.__('Show where kernels and terminals keep caches and temporary files'),
      icon: args => (args['isPalette'] ? undefined : folderTargetIcon),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => showTab({ shell, tracker }, () => true, create)
    });
    palette?.addItem({
      command: CommandIDs.openSteering,
      category: trans.__('Bedrock Import'),
      args: { isPalette: true }
    });
  }
};

function createActions(
  model: SteeringModel,
  commands: CommandRegistry,
  trans: TranslationBundle
): SteeringActions {
  const openJob = (id: string): void => {
    // The jobs can be switched off; they go on all the same.
    if (commands.hasCommand(CommandIDs.openJob)) {
      void commands.execute(CommandIDs.openJob, { id });
    }
  };
  const move = async (): Promise<void> => {
    const id = await model.move(plan => confirmMove(plan, trans));
    if (id !== undefined) {
      openJob(id);
    }
  };
  /** Its warnings may have ended, or come. */
  const refreshMachine = (): void => {
    if (commands.hasCommand(CommandIDs.refreshMachine)) {
      void commands.execute(CommandIDs.refreshMachine);
    }
  };
  return {
    steer: () => void model.steer(steering => confirmSteer(steering, trans)).then(refreshMachine),
    unsteer: () =>
      void model.unsteer(steering => confirmUnsteer(steering, trans)).then(refreshMachine),
    planMove: () => void model.planMove(),
    move: () => void move(),
    openJob
  };
}
