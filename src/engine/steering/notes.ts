import type { SteeredVariable, SteeringPlace } from './types';

interface Situation {
  place: SteeringPlace;
  variables: readonly SteeredVariable[];
  on: boolean;
  /** The file of the hub's login, where there is one now. */
  login?: { file: string; lasts: boolean };
}

/** What steering means on this kind of host, a sentence each. */
export function steeringNotes({ place, variables, on, login }: Situation): string[] {
  const { host, root } = place.environment;
  const changed = variables.filter(({ change }) => change !== 'none');
  const temporary = variables.find(({ name }) => name === 'TMPDIR');
  const keepsTemporary = temporary?.steered?.startsWith(`${root}/`) === true;
  return [
    hostNote(place, changed),
    ...(changed.length > 0
      ? [
          'New kernels and terminals get the new values at once. One that runs keeps its old values until it is shut down; restarting a kernel is not enough.'
        ]
      : []),
    ...(keepsTemporary
      ? [
          `What programs leave behind in ${temporary.steered} stays there and takes room until it is deleted.`
        ]
      : []),
    ...loginNotes(login, variables, on),
    ...(host === 'plain-jupyter'
      ? []
      : [
          'The setting is followed at every start of a Jupyter server in which this extension is installed.'
        ]),
    ...(host === 'notebook-instance'
      ? [
          'Where the extension is not there when the server starts, the on-start script sets the same variables; where it is, the script is not needed.'
        ]
      : [])
  ];
}

function hostNote({ environment }: SteeringPlace, changed: readonly SteeredVariable[]): string {
  const { host, root } = environment;
  switch (host) {
    case 'notebook-instance':
      return `Only ${root} keeps its files when this instance stops: the home folder and /tmp are made anew.`;
    case 'studio-space':
    case 'unified-studio': {
      const names = changed.map(({ name }) => name);
      return names.length === 0
        ? `The home folder ${root} is the volume of this space, so nothing has to be steered.`
        : `The home folder ${root} is the volume of this space already; only what leads elsewhere is steered: ${names.join(', ')}.`;
    }
    case 'plain-jupyter':
      return changed.length === 0
        ? `Caches and temporary files lie on the disk of ${root} already, so nothing has to be steered.`
        : `Caches and temporary files are steered to the disk of ${root}.`;
  }
}

function loginNotes(
  login: Situation['login'],
  variables: readonly SteeredVariable[],
  on: boolean
): string[] {
  if (login === undefined) {
    return [];
  }
  const path = variables.find(({ name }) => name === 'HF_TOKEN_PATH')?.steered;
  const home = variables.find(({ name }) => name === 'HF_HOME');
  if (path === undefined && home?.change === 'set') {
    return [
      `Your login of the hub in ${login.file} is not found from the new HF_HOME: log in again there, or set HF_TOKEN_PATH to that file yourself.`
    ];
  }
  if (path !== login.file) {
    return [];
  }
  return [
    `Your login of the hub stays in ${login.file}, and HF_TOKEN_PATH ${on ? 'names' : 'will name'} it: no token is copied.`,
    ...(login.lasts
      ? []
      : [
          'That file is lost when this machine stops, as it was before. Log in again then: the new login is kept in HF_HOME and lasts.'
        ])
  ];
}
