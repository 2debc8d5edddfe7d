import type { SteeringState } from './types';

/** SageMaker API reference, "CreateNotebookInstanceLifecycleConfig": the base64 text has as many. */
export const MAX_SCRIPT_CHARACTERS = 16_384;

/**
 * An on-start script of a Notebook Instance, after the sample "set-env-variable" of
 * github.com/aws-samples/amazon-sagemaker-notebook-instance-lifecycle-config-samples: variables of
 * /etc/profile.d/jupyter-env.sh, then a restart of the server. It runs as root within five minutes.
 */
export function lifecycleScript(state: SteeringState, user: string): string {
  const { HF_TOKEN_PATH: _, TMPDIR, ...folders } = state.set;
  const caches = Object.values(folders);
  const lines = [
    ...Object.entries({ ...folders, TMPDIR }).flatMap(([name, path]) =>
      path === undefined ? [] : [`export ${name}=${quoted(path)}`]
    ),
    ...state.unset.map(name => `unset ${name}`)
  ];
  return [
    '#!/bin/bash',
    '# Lifecycle configuration "Start notebook": keeps caches and temporary files on the volume that',
    '# lasts. It is not needed where jupyterlab-bedrock-import is installed before the Jupyter server',
    '# starts: then the extension does the same.',
    'set -e',
    ...(caches.length === 0
      ? []
      : [`sudo -u ${user} mkdir -p ${caches.map(path => quoted(path)).join(' ')}`]),
    ...(TMPDIR === undefined
      ? []
      : [
          `sudo -u ${user} mkdir -p ${quoted(TMPDIR)}`,
          `sudo -u ${user} chmod 700 ${quoted(TMPDIR)}`
        ]),
    'touch /etc/profile.d/jupyter-env.sh',
    ...lines.map(line => `printf '%s\\n' ${quoted(line)} >> /etc/profile.d/jupyter-env.sh`),
    '# Without waiting: the server may itself wait for this script to end.',
    'systemctl --no-block restart jupyter-server',
    ''
  ].join('\n');
}

/** One word for the shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
