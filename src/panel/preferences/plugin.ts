import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { IPreferences } from '../tokens';
import { Preferences } from './preferences';

/** The id names the schema as well. */
const ID = 'jupyterlab-bedrock-import:plugin';

export const preferencesPlugin: JupyterFrontEndPlugin<IPreferences> = {
  id: ID,
  description: 'The settings, menus and shortcuts of Bedrock Import.',
  autoStart: true,
  optional: [ISettingRegistry],
  provides: IPreferences,
  activate: (_app: JupyterFrontEnd, registry: ISettingRegistry | null): IPreferences =>
    new Preferences(registry?.load(ID))
};
