import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs, SectionIDs } from '../commandIds';
import { createSection, insertTool, refreshTool } from '../components';
import type { SectionTool } from '../components';
import { folderTargetIcon, storageIcon } from '../icons';
import { IEngine, IImportPanel } from '../tokens';
import { MachineModel } from './machineModel';
import { MachineSection } from './machineSection';

const RANK = 10;

export const machinePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:machine',
  description: 'Shows the machine that JupyterLab runs on, and its disk.',
  autoStart: true,
  requires: [IEngine, IImportPanel],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    panel: IImportPanel,
    translator: ITranslator | null
  ): void => {
    const { commands, restored } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const model = new MachineModel(engine);
    const section = createSection({
      id: SectionIDs.machine,
      label: trans.__('This machine'),
      body: new MachineSection(model, trans, {
        has: command => commands.hasCommand(command),
        run: ({ command, args }) => void commands.execute(command, args)
      }),
      tools: [refreshTool(trans.__('Look again'), () => model.refresh())],
      trans
    });
    section.disposed.connect(() => model.dispose());
    panel.addSection(section, RANK);
    commands.addCommand(CommandIDs.refreshMachine, {
      label: trans.__('Look at This Machine Again'),
      caption: trans.__('Show the disk and the settings of this machine as they are now'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => model.noteChange()
    });
    // Only now is it known which features there are.
    void restored.then(() =>
      openingTools(commands, trans).forEach((tool, index) => insertTool(section, index, tool))
    );
  }
};

/** Tools that open the tabs with what can be done about the disk. */
function openingTools(commands: CommandRegistry, trans: TranslationBundle): SectionTool[] {
  const { openSteering, openStorage } = CommandIDs;
  return [
    { id: openStorage, icon: storageIcon, label: trans.__('Free up space …') },
    { id: openSteering, icon: folderTargetIcon, label: trans.__('Cache and temp folders …') }
  ]
    .filter(({ id }) => commands.hasCommand(id))
    .map(({ id, icon, label }) => ({
      id: id.replace(':', '-'),
      icon,
      label,
      onClick: () => void commands.execute(id)
    }));
}
