import { join } from 'node:path';

import type { HostSource, RegionFinding } from './types';

/** Whether a text has the form of a region's name, such as `eu-central-1` or `us-gov-west-1`. */
function isRegionName(text: string | undefined): text is string {
  return /^[a-z]{2,4}(?:-[a-z]{1,20}){1,3}-\d{1,2}$/.test(text ?? '');
}

/**
 * The region in use: the given one, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's in the AWS
 * config and credentials files, or the one of the machine's own ARN.
 */
export async function findRegion(
  source: HostSource,
  given: string | undefined,
  resourceArn: string | undefined,
  warnings: string[]
): Promise<RegionFinding | undefined> {
  const { env } = source;
  const ofMachine = resourceArn?.split(':')[3];
  const region =
    finding(given, 'given explicitly') ??
    finding(env.AWS_REGION, 'AWS_REGION') ??
    finding(env.AWS_DEFAULT_REGION, 'AWS_DEFAULT_REGION') ??
    (await profileRegion(source)) ??
    finding(isRegionName(ofMachine) ? ofMachine : undefined, 'resource-metadata.json');
  if (region === undefined) {
    return undefined;
  }
  if (!isRegionName(region.name)) {
    warnings.push(
      `'${printable(region.name)}' (${region.source}) does not look like an AWS region.`
    );
  }
  if (isRegionName(ofMachine) && ofMachine !== region.name) {
    warnings.push(
      `The region in use is ${printable(region.name)} (${region.source}), but this machine is in ${ofMachine}.`
    );
  }
  return region;
}

function finding(name: string | undefined, source: string): RegionFinding | undefined {
  return name ? { name, source } : undefined;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 60);
}

/**
 * The SDK's own loader reads this process's home and no other, so that a recorded host could not be
 * tried; of the files, only `region` is needed here. AWS SDKs and Tools Reference Guide, "Shared
 * config and credentials files".
 */
async function profileRegion(source: HostSource): Promise<RegionFinding | undefined> {
  const { env, homeDirectory } = source;
  const profile = env.AWS_PROFILE || 'default';
  const folder = join(homeDirectory, '.aws');
  const config = await source.readTextFile(env.AWS_CONFIG_FILE || join(folder, 'config'));
  const section = profile === 'default' ? /^(?:profile\s+)?default$/ : undefined;
  const inConfig = iniRegion(config, name =>
    section ? section.test(name) : name.replace(/^profile\s+/, 'profile ') === `profile ${profile}`
  );
  if (inConfig !== undefined) {
    return { name: inConfig, source: `profile ${profile}` };
  }
  const credentials = await source.readTextFile(
    env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials')
  );
  const inCredentials = iniRegion(credentials, name => name === profile);
  return finding(inCredentials, `profile ${profile}`);
}

function iniRegion(
  text: string | undefined,
  isSection: (name: string) => boolean
): string | undefined {
  let inside = false;
  let region: string | undefined;
  for (const line of (text ?? '').split(/\r?\n/)) {
    const header = /^\[([^\]]*)\]/.exec(line.trim());
    if (header !== null) {
      inside = isSection((header[1] ?? '').trim().replace(/["']/g, ''));
      continue;
    }
    // Indented lines belong to a nested setting, such as those under `s3 =`.
    const setting = /^region\s*=\s*([^\s#;]+)/.exec(line);
    if (inside && setting !== null) {
      region = setting[1];
    }
  }
  return region;
}
