import { getDisk, getIdentity, getMachine } from '../../protocol';
import type { Machine } from '../../protocol';
import { readDiskUsage } from '../disk';
import { getCallerIdentity } from '../environment';
import type { Environment } from '../environment';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveMachine(page: Page, host: EngineHost): void {
  page.answerPlain(getMachine, async () => {
    const { environment, hub } = await host.engine();
    return toMachine(environment, hub.token !== undefined);
  });
  page.answerPlain(getIdentity, async signal => {
    const { aws } = await host.engine();
    const { account, arn, roleArn, roleName } = await getCallerIdentity(aws, { signal });
    return { account, arn, roleArn, roleName };
  });
  page.answerPlain(getDisk, async () => {
    const { environment } = await host.engine();
    return readDiskUsage(environment.root);
  });
}

function toMachine(environment: Environment, hasHubToken: boolean): Machine {
  const { endpoints, host, hostLabel, name, userProfileName, domainId, root, region } = environment;
  return {
    host,
    hostLabel,
    name,
    userProfileName,
    domainId,
    root,
    region,
    hubEndpoint: endpoints.custom ? endpoints.hub : undefined,
    customEndpoints: endpoints.custom,
    hasHubToken,
    warnings: environment.warnings
  };
}
