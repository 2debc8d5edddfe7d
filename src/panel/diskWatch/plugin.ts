import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { CommandIDs } from '../commandIds';
import { formatBytes } from '../components';
import { shortageOfBytes } from '../diskSpace';
import { IEngine, IPreferences } from '../tokens';
import { DiskNotifier } from './diskNotifier';
import { DiskStatus, roughly } from './diskStatus';
import { DiskWatchModel } from './diskWatchModel';

/** Beside the job that runs, which may be what fills it. */
const STATUS_RANK = 59;

export const diskWatchPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-bedrock-import:disk-watch',
  description: 'Says in the status bar when the disk of the JupyterLab root gets short.',
  autoStart: true,
  requires: [IEngine],
  optional: [IPreferences, IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    engine: IEngine,
    preferences: IPreferences | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('jupyterlab_bedrock_import');
    const model = new DiskWatchModel(engine);
    const open = (): void => {
      // The storage tab can be switched off; the panel has the numbers, too.
      const id = [CommandIDs.openStorage, CommandIDs.openPanel].find(one =>
        commands.hasCommand(one)
      );
      if (id !== undefined) {
        void commands.execute(id);
      }
    };
    // Whoever frees space tells the section of the machine, which is as good as telling this.
    commands.commandExecuted.connect((_, { id }) => {
      if (id === CommandIDs.refreshMachine) {
        model.noteChange();
      }
    });
    let toast: string | undefined;
    new DiskNotifier(model, {
      tell: () => {
        if (preferences?.notify ?? true) {
          toast = Notification.warning(urgentText(model, trans), {
            actions: [{ label: trans.__('Free Up Space …'), callback: open }],
            autoClose: false
          });
        }
      },
      end: () => {
        if (toast !== undefined) {
          Notification.dismiss(toast);
          toast = undefined;
        }
      }
    });
    statusBar?.registerStatusItem('jupyterlab-bedrock-import:disk-watch', {
      item: new DiskStatus(model, trans, open),
      align: 'middle',
      rank: STATUS_RANK,
      isActive: () => model.isShort,
      activeStateChanged: model.stateChanged
    });
  }
};

function urgentText(model: DiskWatchModel, trans: TranslationBundle): string {
  const { disk, isCopying, secondsUntilFull } = model;
  if (disk !== undefined && shortageOfBytes(disk) === 'critical') {
    return trans.__('The disk is nearly full: %1 available.', formatBytes(disk.availableBytes));
  }
  if (secondsUntilFull === undefined) {
    return trans.__('The disk has hardly any inodes left: soon no file can be made.');
  }
  const time = roughly(secondsUntilFull, trans);
  return isCopying
    ? trans.__('The disk will be full in %1, before what is copied is there.', time)
    : trans.__('The disk will be full in %1 if it goes on like this.', time);
}
