import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs, SectionIDs } from '../commandIds';
import { panelIcon } from '../icons';
import { IEngine, IImportPanel } from '../tokens';
import { ImportPanel } from './importPanel';
import type { PanelLayout } from './importPanel';

const STATE_ID = 'jupyterlab-bedrock-import:sidebar';
/** Beside the running sessions and the extension manager; above what is rarely opened. */
const RANK = 450;

/** Closed until the user opens them, so that the form has room. */
const CLOSED_AT_FIRST: readonly string[] = [SectionIDs.importedModels, SectionIDs.notebooks];

export const sidebarPlugin: JupyterFrontEndPlugin<IImportPanel> = {
  id: 'jupyterlab-bedrock-import:sidebar',
  description: 'Adds the panel of Bedrock Import to the left sidebar.',
  autoStart: true,
  requires: [IEngine],
  optional: [ITranslator, ILayoutRestorer, IStateDB, ICommandPalette],
  provides: IImportPanel,
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null,
    palette: ICommandPalette | null
  ): IImportPanel => {
    const { commands, serviceManager, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const panel = new ImportPanel({
      engine,
      translator: translator ?? nullTranslator,
      baseUrl: serviceManager.serverSettings.baseUrl
    });
    restorer?.add(panel, panel.id);
    shell.add(panel, 'left', { rank: RANK, type: 'Bedrock Import' });

    void app.restored
      .then(async () => {
        // What cannot be read is as if nothing had been kept.
        const kept = await state?.fetch(STATE_ID).catch(() => undefined);
        panel.restoreLayout(readLayout(kept) ?? { collapsed: CLOSED_AT_FIRST });
        panel.layoutChanged.connect((_, { collapsed, sizes = [] }) => {
          void state
            ?.save(STATE_ID, { collapsed: [...collapsed], sizes: [...sizes] })
            .catch(() => undefined);
        });
      })
      .catch(() => undefined);

    const open = (sectionId?: string): void => {
      shell.activateById(panel.id);
      if (sectionId !== undefined) {
        panel.openSection(sectionId);
      }
    };
    commands.addCommand(CommandIDs.openPanel, {
      label: trans.__('Show Bedrock Import'),
      caption: trans.__('Show the panel of Bedrock Import in the sidebar'),
      icon: panelIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => open()
    });
    palette?.addItem({ command: CommandIDs.openPanel, category: trans.__('Bedrock Import') });
    return { addSection: (section, rank, share) => panel.addSection(section, rank, share), open };
  }
};

function readLayout(kept: unknown): PanelLayout | undefined {
  const { collapsed, sizes } = (kept ?? {}) as { collapsed?: unknown; sizes?: unknown };
  if (!Array.isArray(collapsed)) {
    return undefined;
  }
  return {
    collapsed: collapsed.filter((id): id is string => typeof id === 'string'),
    sizes: Array.isArray(sizes)
      ? sizes.filter((size): size is number => typeof size === 'number' && size >= 0)
      : undefined
  };
}
