import { nullTranslator } from '@jupyterlab/translation';

import { restartHint } from './hostHint';

const trans = nullTranslator.load('jupyterlab_bedrock_import');

describe('how the Jupyter server is started anew', () => {
  it.each([
    // Notebook Instances
    [
      'my-notebook.notebook.eu-central-1.sagemaker.aws',
      '/',
      'sudo systemctl restart jupyter-server'
    ],
    ['my-notebook-abcd.notebook.aws', '/', 'sudo systemctl restart jupyter-server'],
    // Spaces of Studio and of Unified Studio
    ['abcd1234.studio.us-east-1.sagemaker.aws', '/jupyterlab/default/', 'restart-jupyter-server'],
    ['dzd-1234.sagemaker.us-east-1.on.aws', '/jupyterlab/default/', 'restart-jupyter-server'],
    ['proxy.example.com', '/jupyterlab/default/', 'restart-jupyter-server'],
    // Elsewhere
    ['localhost', '/', 'jupyter lab'],
    ['hub.example.com', '/user/ada/', 'jupyter lab'],
    ['notebook.aws.example.com', '/', 'jupyter lab']
  ])('says at %s%s: %s', (hostname, baseUrl, command) => {
    const hint = restartHint({ hostname, baseUrl }, trans);
    expect(hint.command).toBe(command);
    expect(hint.text).toMatch(/reload this page:$/);
  });
});
