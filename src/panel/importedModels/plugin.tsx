import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { ImportedModelFact } from '../../protocol';
import { CommandIDs, SectionIDs } from '../commandIds';
import { createSection, ModelView, refreshTool, showTab } from '../components';
import { panelIcon } from '../icons';
import { IEngine, IImportPanel, IPreferences } from '../tokens';
import { createAskTab } from './askTab';
import type { AskWidget } from './askWidget';
import { CostConsent } from './costConsent';
import { confirmDelete } from './deleteDialog';
import { ImportedModelsModel } from './importedModelsModel';
import { ModelList } from './modelList';
import type { ModelActions } from './modelList';

const RANK = 40;

export const importedModelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:imported-models',
  description: 'Lists the imported models in the panel, and asks them in tabs.',
  autoStart: true,
  requires: [IEngine, IImportPanel],
  optional: [IPreferences, ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    panel: IImportPanel,
    preferences: IPreferences | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const model = new ImportedModelsModel(engine);
    const consent = new CostConsent(preferences, trans);
    const remove = async (fact: ImportedModelFact): Promise<void> => {
      // One dialog, however often the button is pressed until it comes.
      if (model.item(fact.arn).status !== 'idle') {
        return;
      }
      if (await confirmDelete(await model.knowAll(fact), trans)) {
        await model.delete(fact.arn);
      }
    };
    const actions: ModelActions = {
      ask: ({ arn, name }) => void commands.execute(CommandIDs.askModel, { arn, name }),
      remove: fact => void remove(fact)
    };
    const section = createSection({
      id: SectionIDs.importedModels,
      label: trans.__('Imported models'),
      body: new ModelView(model, {
        trans,
        Body: props => <ModelList model={props.model} actions={actions} />
      }),
      tools: [refreshTool(trans.__('Refresh'), () => model.refresh())],
      trans
    });
    section.disposed.connect(() => model.dispose());
    panel.addSection(section, RANK);

    const tracker = new WidgetTracker<MainAreaWidget<AskWidget>>({
      namespace: 'bedrock-import-ask'
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.askModel,
      args: ({ content: { asked } }) => ({ arn: asked.arn, name: asked.name }),
      name: ({ content: { asked } }) => asked.arn
    });

    commands.addCommand(CommandIDs.openModels, {
      label: trans.__('Show the Imported Models'),
      caption: trans.__('Show the models that Bedrock has, in the panel of Bedrock Import'),
      icon: args => (args['isPalette'] ? undefined : panelIcon),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => panel.open(SectionIDs.importedModels)
    });
    commands.addCommand(CommandIDs.askModel, {
      label: trans.__('Ask an Imported Model …'),
      caption: trans.__('Ask an imported model, in a tab'),
      icon: panelIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            arn: { type: 'string', description: trans.__('ARN of the imported model') },
            name: { type: 'string', description: trans.__('Its name, for the tab') }
          },
          required: ['arn']
        }
      },
      execute: ({ arn, name }) => {
        if (typeof arn !== 'string' || arn === '') {
          panel.open(SectionIDs.importedModels);
          return;
        }
        showTab(
          { shell, tracker },
          ({ asked }) => asked.arn === arn,
          () =>
            createAskTab({
              engine,
              trans,
              arn,
              name: typeof name === 'string' && name !== '' ? name : undefined,
              consent
            })
        );
      }
    });
    palette?.addItem({
      command: CommandIDs.openModels,
      category: trans.__('Bedrock Import'),
      args: { isPalette: true }
    });
  }
};
