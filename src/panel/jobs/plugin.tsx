import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification, WidgetTracker } from '@jupyterlab/apputils';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs, SectionIDs } from '../commandIds';
import { createSection, createTab, ModelView, refreshTool, showTab } from '../components';
import { panelIcon } from '../icons';
import { getJob } from '../../protocol';
import type { JobFact } from '../../protocol';
import { IEngine, IImportPanel, IPreferences } from '../tokens';
import { confirmCancel, confirmRemove } from './confirmations';
import type { JobActions } from './jobButtons';
import { JobNotifier, LONGEST_TITLE, shortened } from './jobNotifier';
import { JobsModel } from './jobsModel';
import { JobStatus, shownJob } from './jobStatus';
import { JobsView } from './jobsView';
import { JobTab } from './jobTab';
import { JobTabModel } from './jobTabModel';

const RANK = 30;
/** To the right of the kernel's state, where JupyterLab shows what goes on. */
const STATUS_RANK = 60;

interface IJobs {
  readonly model: JobsModel;
}

const IJobs = new Token<IJobs>(
  'jupyterlab-bedrock-import:IJobs',
  'The jobs of this machine, for what shows them.'
);

export const jobsPlugin: JupyterFrontEndPlugin<IJobs> = {
  id: 'jupyterlab-bedrock-import:jobs',
  description: 'Shows the jobs of Bedrock Import: in the panel, as a tab each, and when they end.',
  autoStart: true,
  requires: [IEngine, IImportPanel],
  optional: [IPreferences, ITranslator, ILayoutRestorer, ICommandPalette],
  provides: IJobs,
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    panel: IImportPanel,
    preferences: IPreferences | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): IJobs => {
    const { commands, shell } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const model = new JobsModel(engine);
    const actions = createActions(model, commands, trans);
    const notifier = new JobNotifier(model, job => {
      if (preferences?.notify ?? true) {
        notify({ job, engine, commands, trans });
      }
    });
    const section = createSection({
      id: SectionIDs.jobs,
      label: trans.__('Jobs'),
      body: new ModelView(model, {
        trans,
        Body: props => <JobsView model={props.model} actions={actions} />
      }),
      tools: [refreshTool(trans.__('Refresh'), () => void model.refresh())],
      trans
    });
    section.disposed.connect(() => {
      notifier.dispose();
      model.dispose();
    });
    panel.addSection(section, RANK);

    const tracker = new WidgetTracker<MainAreaWidget<ModelView<JobTabModel>>>({
      namespace: 'bedrock-import-job'
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openJob,
      args: ({ content }) => ({ id: content.model.id }),
      name: ({ content }) => content.model.id
    });
    commands.addCommand(CommandIDs.openJobs, {
      label: trans.__('Show the Jobs of Bedrock Import'),
      caption: trans.__('Show the imports that run, wait or have ended'),
      icon: panelIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => panel.open(SectionIDs.jobs)
    });
    commands.addCommand(CommandIDs.openJob, {
      label: trans.__('Show a Job of Bedrock Import'),
      caption: trans.__('Show a job with its stages, files and log'),
      describedBy: {
        args: {
          type: 'object',
          properties: { id: { type: 'string', description: trans.__('Id of the job') } },
          required: ['id']
        }
      },
      execute: args => {
        const { id } = args;
        if (typeof id !== 'string') {
          return;
        }
        showTab(
          { shell, tracker },
          content => content.model.id === id,
          () => createJobTab(new JobTabModel(engine, model, id), actions, trans)
        );
        engine.connect();
      }
    });
    palette?.addItem({ command: CommandIDs.openJobs, category: trans.__('Bedrock Import') });
    return { model };
  }
};

export const jobStatusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:job-status',
  description: 'Shows the job of Bedrock Import that runs, in the status bar.',
  autoStart: true,
  requires: [IJobs],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    jobs: IJobs,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const { model } = jobs;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    statusBar?.registerStatusItem('jupyterlab-bedrock-import:job-status', {
      item: new JobStatus(model, trans, () => void app.commands.execute(CommandIDs.openJobs)),
      align: 'middle',
      rank: STATUS_RANK,
      isActive: () => shownJob(model.jobs) !== undefined,
      activeStateChanged: model.stateChanged
    });
  }
};

function createJobTab(
  job: JobTabModel,
  actions: JobActions,
  trans: TranslationBundle
): MainAreaWidget<ModelView<JobTabModel>> {
  const content = new ModelView(job, {
    trans,
    Body: ({ model }) => <JobTab model={model} actions={actions} />
  });
  content.addClass('jp-BedrockImport-tab');
  content.disposed.connect(() => job.dispose());
  const tab = createTab(`bedrock-import-job-${job.id}`, content);
  // After a reload, the title comes when the engine is ready.
  const setTitle = (): void => {
    tab.title.label = job.job?.title ?? job.id;
    tab.title.caption = tab.title.label;
  };
  setTitle();
  job.stateChanged.connect(setTitle);
  return tab;
}

function createActions(
  model: JobsModel,
  commands: CommandRegistry,
  trans: TranslationBundle
): JobActions {
  return {
    pause: ({ id }) => void model.pause(id),
    resume: ({ id }) => void model.resume(id),
    cancel: job => void model.cancel(job.id, plan => confirmCancel(job, plan, trans)),
    remove: job => void model.remove(job.id, plan => confirmRemove(job, plan, trans)),
    open: ({ id }) => void commands.execute(CommandIDs.openJob, { id }),
    ask: arn => void commands.execute(CommandIDs.askModel, { arn }),
    canAsk: () => commands.hasCommand(CommandIDs.askModel)
  };
}

function notify(options: {
  job: JobFact;
  engine: IEngine;
  commands: CommandRegistry;
  trans: TranslationBundle;
}): void {
  const { job, engine, commands, trans } = options;
  const details = {
    label: trans.__('Details'),
    callback: () => void commands.execute(CommandIDs.openJob, { id: job.id })
  };
  const title = shortened(job.title, LONGEST_TITLE);
  if (job.state !== 'done') {
    const message = job.error?.message ?? trans.__('The log says more.');
    Notification.error(shortened(trans.__('Failed: %1. %2', title, message)), {
      actions: [details],
      autoClose: false
    });
    return;
  }
  const ask = async (): Promise<void> => {
    const { modelArn } = await engine.request(getJob, { id: job.id });
    if (modelArn !== undefined) {
      await commands.execute(CommandIDs.askModel, { arn: modelArn });
    }
  };
  const canAsk = job.kind === 'import' && commands.hasCommand(CommandIDs.askModel);
  Notification.success(shortened(trans.__('Done: %1', job.title)), {
    actions: [
      ...(canAsk
        ? // What it cannot ask, the details say.
          [
            {
              label: trans.__('Ask a question'),
              callback: () => void ask().catch(details.callback)
            }
          ]
        : []),
      details
    ],
    autoClose: 15_000
  });
}
