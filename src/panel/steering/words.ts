import type {
  EnvironmentFacts,
  KernelEnvironment,
  SteeredVariable,
  Steering,
  SteeringVariables,
  TerminalEnvironment
} from '../../protocol';

/** A kernel or a terminal. */
export interface Running {
  key: string;
  kind: 'kernel' | 'terminal';
  /** Of the notebook or the terminal; of the kernel's specification where there is no notebook. */
  name: string;
  kernelName?: string;
  variables: SteeringVariables | null;
  outdated: boolean | null;
}

/** Those with old values first, then those of which it is unknown. */
export function runningOf({ kernels, terminals }: EnvironmentFacts): Running[] {
  const all = [...kernels.map(kernelOf), ...terminals.map(terminalOf)];
  const order = [true, null, false];
  return all.sort((one, other) => order.indexOf(one.outdated) - order.indexOf(other.outdated) || 0);
}

function kernelOf({ id, name, path, variables, outdated }: KernelEnvironment): Running {
  const kernelName = path === undefined ? undefined : name;
  return { key: id, kind: 'kernel', name: path ?? name, kernelName, variables, outdated };
}

function terminalOf({ name, variables, outdated }: TerminalEnvironment): Running {
  return { key: `terminal ${name}`, kind: 'terminal', name, variables, outdated };
}

/** What steering would change. */
export function changesOf({ variables }: Steering): SteeredVariable[] {
  return variables.filter(({ change }) => change !== 'none');
}

/** Names and values that new kernels and terminals get otherwise than this one; undefined: not set. */
export function differences(
  { variables }: Running,
  server: SteeringVariables
): { name: string; here: string | undefined; there: string | undefined }[] {
  if (variables === null) {
    return [];
  }
  return [...new Set([...Object.keys(server), ...Object.keys(variables)])]
    .filter(name => variables[name] !== server[name])
    .sort()
    .map(name => ({ name, here: variables[name], there: server[name] }));
}

/** Lines for a shell that give a running terminal what new ones get. */
export function shellLines(names: readonly string[], server: SteeringVariables): string {
  return names
    .map(name => {
      const value = server[name];
      return value === undefined
        ? `unset ${name}`
        : `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
    })
    .join('\n');
}

/** Of all variables that are steered now or that something that runs has otherwise. */
export function namesOf(steering: Steering, facts: EnvironmentFacts): string[] {
  const others = runningOf(facts)
    .flatMap(running => differences(running, facts.server))
    .map(({ name }) => name);
  return [...new Set([...steering.variables.map(({ name }) => name), ...others])];
}
