import type { TranslationBundle } from '@jupyterlab/translation';

export interface HostHint {
  /** What to do, in one sentence. */
  text: string;
  /** What to type in a terminal. */
  command: string;
}

/**
 * How the Jupyter server is started anew on the host that this page comes from. Only the address is
 * known here: without the server half there is nobody to ask. (Amazon SageMaker AI Developer Guide,
 * "Use the Amazon SageMaker Studio JupyterLab … restart-jupyter-server"; Notebook Instances run it as a
 * systemd service.)
 */
export function restartHint(
  page: { hostname: string; baseUrl: string },
  trans: TranslationBundle
): HostHint {
  const { hostname, baseUrl } = page;
  if (
    hostname.endsWith('.notebook.aws') ||
    /\.notebook\.[a-z0-9-]+\.sagemaker\.aws$/.test(hostname)
  ) {
    return {
      text: trans.__(
        'In a terminal of this Notebook Instance, restart the Jupyter server, then reload this page:'
      ),
      command: 'sudo systemctl restart jupyter-server'
    };
  }
  if (
    hostname.endsWith('.sagemaker.aws') ||
    hostname.endsWith('.on.aws') ||
    baseUrl === '/jupyterlab/default/'
  ) {
    return {
      text: trans.__(
        'In a terminal of this space, restart the Jupyter server, then reload this page:'
      ),
      command: 'restart-jupyter-server'
    };
  }
  return {
    text: trans.__(
      'Stop JupyterLab where it was started and start it again, then reload this page:'
    ),
    command: 'jupyter lab'
  };
}
