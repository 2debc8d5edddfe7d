import { isAbsolute, join, relative } from 'node:path';

import { findCaCertificateFile, findEndpoints, findProxies } from './endpoints';
import { findHost } from './host';
import type { HostFinding } from './host';
import { processHostSource } from './hostSource';
import { findRegion } from './region';
import type { Environment, HostKind, HostSource } from './types';

/**
 * Looks at files and variables only, makes no request and changes nothing. Without a region in the
 * result, the AWS clients cannot be made.
 *
 * @throws BedrockImportError `HUB_ENDPOINT_INVALID`, `AWS_ENDPOINT_INVALID` (usage)
 */
export async function detectEnvironment(
  options: { source?: HostSource; region?: string } = {}
): Promise<Environment> {
  const source = options.source ?? processHostSource();
  const warnings: string[] = [];
  const host = await findHost(source, warnings);
  const { metadata } = host;
  const region = await findRegion(source, options.region, metadata.ResourceArn, warnings);
  const caCertificateFile = await findCaCertificateFile(source, warnings);
  const ofCaches = cacheWarnings(source, host.kind, host.root);
  warnings.push(...ofCaches);
  return {
    host: host.kind,
    hostLabel: host.label,
    name: metadata.SpaceName ?? metadata.ResourceName,
    domainId: metadata.DomainId,
    userProfileName: metadata.UserProfileName,
    executionRoleArn: metadata.ExecutionRoleArn,
    root: host.root,
    stateDirectory: findStateDirectory(source, host, warnings),
    homeDirectory: source.homeDirectory,
    region,
    endpoints: findEndpoints(source.env),
    proxies: findProxies(source.env),
    caCertificateFile,
    warnings,
    cacheWarnings: ofCaches
  };
}

/**
 * `BEDROCK_IMPORT_STATE_DIR`, else a folder in the root. Outside SageMaker and without a Jupyter server
 * the root is the current folder, and jobs must be found from any folder: then it is in the home folder.
 */
function findStateDirectory(source: HostSource, host: HostFinding, warnings: string[]): string {
  const given = source.env.BEDROCK_IMPORT_STATE_DIR;
  if (given) {
    if (isAbsolute(given)) {
      return given;
    }
    warnings.push('BEDROCK_IMPORT_STATE_DIR is not an absolute path and is not used.');
  }
  const byFolder = host.kind === 'plain-jupyter' && host.root !== source.env.JUPYTER_SERVER_ROOT;
  return join(byFolder ? source.homeDirectory : host.root, '.bedrock-import');
}

/** Looks at the caches' variables again, after they were steered, and tells what is odd about them now. */
export function renewCacheWarnings(
  environment: Environment,
  source: HostSource = processHostSource()
): void {
  const { host, root, warnings, cacheWarnings: before } = environment;
  const now = cacheWarnings(source, host, root);
  environment.warnings = [...warnings.filter(warning => !before.includes(warning)), ...now];
  environment.cacheWarnings = now;
}

function cacheWarnings(source: HostSource, kind: HostKind, root: string): string[] {
  const { env, homeDirectory } = source;
  const warnings: string[] = [];
  if (env.TRANSFORMERS_CACHE) {
    warnings.push(
      'TRANSFORMERS_CACHE is deprecated and still wins over HF_HOME in transformers 4: unset it, as "bedrock-import cache steer" does, to keep all downloads in one place.'
    );
  }
  const cache =
    env.HF_HUB_CACHE ||
    env.HF_HOME ||
    join(env.XDG_CACHE_HOME || join(homeDirectory, '.cache'), 'huggingface');
  if (kind !== 'plain-jupyter' && isOutside(root, cache)) {
    warnings.push(
      `Downloads of other tools from the hub go to ${cache}, outside ${root}: they are lost when this machine stops. "bedrock-import cache steer" leads them there.`
    );
  }
  return warnings;
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way);
}
