import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { launchIcon } from '@jupyterlab/ui-components';

import { CommandIDs, SectionIDs } from '../commandIds';
import { createSection, createTab, ModelView, refreshTool, showTab } from '../components';
import { panelIcon } from '../icons';
import { IEngine, IImportPanel, IPreferences } from '../tokens';
import { createActions } from './actions';
import { Form } from './form';
import { FormKeeper } from './formKeeper';
import { ImportForm } from './importForm';

const RANK = 20;
/** The form is what the panel is opened for. */
const SHARE = 2;
const NO_ARGS = { args: { type: 'object', properties: {} } } as const;

export const modelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:model',
  description: 'Adds the form that imports a model, to the panel and as a tab.',
  autoStart: true,
  requires: [IEngine, IImportPanel],
  optional: [
    IPreferences,
    ITranslator,
    IStateDB,
    ILayoutRestorer,
    ICommandPalette,
    ILauncher,
    IDefaultFileBrowser
  ],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    panel: IImportPanel,
    preferences: IPreferences | null,
    translator: ITranslator | null,
    state: IStateDB | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { commands, serviceManager, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const form = new ImportForm(engine, { connections: () => preferences?.connections ?? 0 });
    const actions = createActions({
      form,
      commands,
      trans,
      confirmStart: () => preferences?.confirmStart ?? false
    });
    const createView = (): ModelView<ImportForm> =>
      new ModelView(form, {
        trans,
        Body: ({ model }) => <Form form={model} actions={actions} />
      });

    const section = createSection({
      id: SectionIDs.model,
      label: trans.__('Import a model'),
      body: createView(),
      tools: [
        {
          id: 'open-review',
          icon: launchIcon,
          label: trans.__('Open the form as a tab'),
          onClick: () => void commands.execute(CommandIDs.openReview)
        },
        refreshTool(trans.__('Refresh'), () => form.refresh())
      ],
      trans
    });
    panel.addSection(section, RANK, SHARE);
    const keeper = new FormKeeper(form, state);
    section.disposed.connect(() => {
      keeper.dispose();
      form.dispose();
    });
    void keeper.restore(preferences);

    const tracker = new WidgetTracker<MainAreaWidget<ModelView<ImportForm>>>({
      namespace: 'bedrock-import-review'
    });
    void restorer?.restore(tracker, { command: CommandIDs.openReview, name: () => 'review' });

    commands.addCommand(CommandIDs.openReview, {
      label: trans.__('Open the Import as a Tab'),
      caption: trans.__('Open the form with room for files, policies and differences'),
      icon: panelIcon,
      describedBy: NO_ARGS,
      execute: () => {
        showTab(
          { shell, tracker },
          () => true,
          () => {
            const content = createView();
            content.addClass('jp-BedrockImport-tab');
            const tab = createTab('bedrock-import-review', content);
            tab.title.label = trans.__('Import a model');
            return tab;
          }
        );
        engine.connect();
      }
    });
    commands.addCommand(CommandIDs.importModel, {
      label: args =>
        args['isLauncher'] ? trans.__('Bedrock Import') : trans.__('Import a Model to Bedrock …'),
      caption: trans.__('Bring an open-weight model into Amazon Bedrock'),
      icon: args => (args['isPalette'] ? undefined : panelIcon),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            model: {
              type: 'string',
              description: trans.__('Name, address or folder of a model, or its place in S3')
            }
          }
        }
      },
      execute: args => {
        panel.open(SectionIDs.model);
        const model = args['model'];
        if (typeof model === 'string' && model.trim() !== '') {
          form.choose(model);
        }
      }
    });
    commands.addCommand(CommandIDs.importFolder, {
      label: trans.__('Import this Model to Bedrock …'),
      caption: trans.__('Bring the model in this folder into Amazon Bedrock'),
      icon: panelIcon,
      describedBy: NO_ARGS,
      isVisible: () => selectedFolder(browser) !== undefined,
      execute: async () => {
        const path = selectedFolder(browser);
        if (path === undefined) {
          return;
        }
        panel.open(SectionIDs.model);
        form.choose(await form.absolutePath(serviceManager.contents.localPath(path)));
      }
    });
    const category = trans.__('Bedrock Import');
    palette?.addItem({ command: CommandIDs.importModel, category, args: { isPalette: true } });
    palette?.addItem({ command: CommandIDs.openReview, category });
    launcher?.add({
      command: CommandIDs.importModel,
      category: trans.__('Other'),
      args: { isLauncher: true },
      rank: 20
    });
  }
};

function selectedFolder(browser: IDefaultFileBrowser | null): string | undefined {
  const selected = [...(browser?.selectedItems() ?? [])];
  const [first] = selected;
  return selected.length === 1 && first?.type === 'directory' ? first.path : undefined;
}
