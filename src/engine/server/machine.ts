import process from 'node:process';

import { getDisk, getIdentity, getMachine, getStorage } from '../../protocol';
import type { Machine, MachineStorage } from '../../protocol';
import { hubCacheFolder, measureHubCache } from '../cache';
import { readDiskUsage } from '../disk';
import { getCallerIdentity, PUBLIC_HUB } from '../environment';
import type { Endpoints, Environment } from '../environment';
import { measureTrash } from '../trash';
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
  page.answerPlain(getStorage, async signal => {
    const { environment } = await host.engine();
    return measureStorage(environment, signal);
  });
}

function toMachine(environment: Environment, hasHubToken: boolean): Machine {
  const { endpoints, host, hostLabel, name, userProfileName, domainId, root, region } = environment;
  const awsEndpoints = awsEndpointsOf(endpoints);
  return {
    host,
    hostLabel,
    name,
    userProfileName,
    domainId,
    root,
    region,
    hubEndpoint: endpoints.hub === PUBLIC_HUB ? undefined : endpoints.hub,
    customEndpoints: endpoints.custom,
    awsEndpoints: awsEndpoints.length === 0 ? undefined : awsEndpoints,
    hasHubToken,
    warnings: environment.warnings,
    cacheWarnings: environment.cacheWarnings
  };
}

function awsEndpointsOf(endpoints: Endpoints): { service: string; url: string }[] {
  const { aws, s3, bedrock, bedrockRuntime, iam, sts } = endpoints;
  const named: [string, string | undefined][] = [
    ['AWS', aws],
    ['S3', s3],
    ['Bedrock', bedrock],
    ['Bedrock Runtime', bedrockRuntime],
    ['IAM', iam],
    ['STS', sts]
  ];
  return named.flatMap(([service, url]) => (url === undefined ? [] : [{ service, url }]));
}

async function measureStorage(
  { homeDirectory, root }: Environment,
  signal: AbortSignal
): Promise<MachineStorage> {
  const { env } = process;
  const folder = hubCacheFolder({ env, homeDirectory });
  const { unreadable, ...hubCache } = await measureHubCache({ folder, root, signal });
  const userId = process.getuid?.();
  const trash = await measureTrash({ root, homeDirectory, env, userId }, { signal });
  const onRootDisk = trash.folders.filter(found => found.onRootDisk);
  return {
    trash: {
      folders: trash.folders,
      items: onRootDisk.reduce((sum, { items }) => sum + items, 0),
      bytes: onRootDisk.reduce((sum, { bytes }) => sum + bytes, 0)
    },
    hubCache,
    unreadable: unreadable + trash.unreadable
  };
}
