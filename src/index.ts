import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { enginePlugin } from './panel/connection';
import { diskWatchPlugin } from './panel/diskWatch';
import { jobsPlugin, jobStatusPlugin } from './panel/jobs';
import { importedModelsPlugin } from './panel/importedModels';
import { machinePlugin } from './panel/machine';
import { modelPlugin } from './panel/model';
import { notebooksPlugin } from './panel/notebooks';
import { preferencesPlugin } from './panel/preferences';
import { sidebarPlugin } from './panel/sidebar';
import { steeringPlugin } from './panel/steering';
import { storagePlugin } from './panel/storage';

/** What this extension adds to JupyterLab: one plugin for each feature of the panel. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  enginePlugin,
  preferencesPlugin,
  sidebarPlugin,
  machinePlugin,
  diskWatchPlugin,
  storagePlugin,
  steeringPlugin,
  modelPlugin,
  jobsPlugin,
  jobStatusPlugin,
  importedModelsPlugin,
  notebooksPlugin
];

export default plugins;
