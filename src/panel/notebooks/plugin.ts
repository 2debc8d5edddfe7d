import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { notebookIcon } from '@jupyterlab/ui-components';

import { CommandIDs, SectionIDs } from '../commandIds';
import { createSection } from '../components';
import { toFailure } from '../connection';
import { IImportPanel } from '../tokens';
import { showFailure } from './failureDialog';
import { ServerNotebooks } from './notebookCopies';
import { FIRST_TUTORIAL, tutorials } from './tutorials';
import { TutorialsModel } from './tutorialsModel';
import { TutorialsView } from './tutorialsView';

/** After the imported models. */
const RANK = 50;

/** A command of JupyterLab. */
const OPEN_DOCUMENT = 'docmanager:open';

/** The kernel that the wheel installs. A copy whose kernel the user has changed keeps that one. */
const KERNEL = 'bedrock-import-deno';

export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:notebooks',
  description: 'Opens copies of the companion notebooks.',
  autoStart: true,
  requires: [IImportPanel],
  optional: [ITranslator, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    panel: IImportPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ): void => {
    const { commands, serviceManager } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const copies = new ServerNotebooks(serviceManager.serverSettings, trans);
    const known = tutorials(trans);
    const titleOf = (name: unknown): string =>
      known.find(tutorial => tutorial.name === name)?.title ?? trans.__('Open a Tutorial');

    commands.addCommand(CommandIDs.openNotebook, {
      label: args => {
        const { name, isLauncher, isPalette } = args;
        if (isLauncher) {
          return trans.__('Bedrock Tutorial');
        }
        return isPalette ? trans.__('Tutorial: %1', titleOf(name)) : titleOf(name);
      },
      caption: args =>
        args['isLauncher']
          ? titleOf(args['name'])
          : trans.__('Open a copy of this notebook, which you can run and change'),
      icon: args => (args['isLauncher'] ? notebookIcon : undefined),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            name: {
              type: 'string',
              description: trans.__('File name of the notebook; the first one when left out'),
              enum: known.map(({ name }) => name)
            }
          }
        }
      },
      execute: async args => {
        const name = typeof args['name'] === 'string' ? args['name'] : FIRST_TUTORIAL;
        try {
          const path = await copies.copy(name);
          return await (commands.execute(OPEN_DOCUMENT, {
            path,
            kernel: { name: KERNEL }
          }) as Promise<unknown>);
        } catch (error) {
          await showFailure(toFailure(error), trans);
          return undefined;
        }
      }
    });

    const model = new TutorialsModel(copies, known);
    const section = createSection({
      id: SectionIDs.notebooks,
      label: trans.__('Tutorials'),
      body: new TutorialsView(model, {
        trans,
        open: name => void commands.execute(CommandIDs.openNotebook, { name })
      }),
      trans
    });
    section.disposed.connect(() => model.dispose());
    panel.addSection(section, RANK);

    const category = trans.__('Bedrock Import');
    for (const { name } of known) {
      palette?.addItem({
        command: CommandIDs.openNotebook,
        category,
        args: { name, isPalette: true }
      });
    }
    launcher?.add({
      command: CommandIDs.openNotebook,
      category: trans.__('Other'),
      args: { name: FIRST_TUTORIAL, isLauncher: true },
      rank: 21
    });
  }
};
