import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { SectionIDs } from '../commandIds';
import { createSection, refreshTool } from '../components';
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
    _app: JupyterFrontEnd,
    engine: IEngine,
    panel: IImportPanel,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const model = new MachineModel(engine);
    const section = createSection({
      id: SectionIDs.machine,
      label: trans.__('This machine'),
      body: new MachineSection(model, trans),
      tools: [refreshTool(trans.__('Look again'), () => model.refresh())],
      trans
    });
    section.disposed.connect(() => model.dispose());
    panel.addSection(section, RANK);
  }
};
