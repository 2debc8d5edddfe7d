import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IEngine } from '../tokens';
import { EngineClient } from './engineClient';

export const enginePlugin: JupyterFrontEndPlugin<IEngine> = {
  id: 'jupyterlab-bedrock-import:engine',
  description: 'Connects the page with the engine of Bedrock Import.',
  autoStart: true,
  optional: [ITranslator],
  provides: IEngine,
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IEngine =>
    new EngineClient({
      serverSettings: app.serviceManager.serverSettings,
      trans: (translator ?? nullTranslator).load('jupyterlab_bedrock_import')
    })
};
