import { detectEnvironment } from '../../engine';
import type { Environment, HostKind } from '../../engine';
import { displayedAs, keyValues, note, points, stack } from '../display';
import type { Displayed, View } from '../display';

/**
 * Which kind of host this is, and where it keeps what. Needs no account and makes no request; as the last
 * value of a cell it is shown.
 */
export async function lookAtMachine(): Promise<Environment & Displayed> {
  const environment = await detectEnvironment();
  return displayedAs(environment, () => machineView(environment));
}

const LASTING: Readonly<Record<HostKind, (root: string) => string>> = {
  'notebook-instance': root =>
    `Only ${root} lies on the volume. The home folder and /tmp are made anew at each start.`,
  'studio-space': root =>
    `The home folder ${root} is the volume. /opt and /tmp belong to the container and are made anew at each start.`,
  'unified-studio': root =>
    `The home folder ${root} is the volume. ~/shared lies on S3 and is no place for large files.`,
  'plain-jupyter': () => 'This is no SageMaker host: what lasts here is for whoever runs it to say.'
};

function machineView(environment: Environment): View {
  const { hostLabel, name, domainId, userProfileName, region, proxies } = environment;
  return stack(
    keyValues([
      ['Machine', hostLabel],
      ['Name', name],
      ['Domain', domainId],
      ['User profile', userProfileName],
      ['JupyterLab shows', environment.root],
      ['Home folder', environment.homeDirectory],
      ['Region', region === undefined ? 'not set' : `${region.name} (from ${region.source})`],
      ['HTTPS proxy', proxies.https],
      ['Role of the host', environment.executionRoleArn],
      ['Jobs are kept in', environment.stateDirectory]
    ]),
    note(LASTING[environment.host](environment.root)),
    environment.warnings.length > 0 && points(environment.warnings)
  );
}
