import { readFile } from 'node:fs/promises';
import process from 'node:process';
import type { Check } from '../../checks';
import { formatBytes, readDiskUsage } from '../../disk';
import type { Environment } from '../../environment';
import { okFinding } from './findings';

export async function hostChecks(environment: Environment): Promise<Check[]> {
  return [
    runtimeCheck(process.versions.deno),
    hostCheck(environment),
    ...environment.warnings.map((warning, index) => warningCheck(warning, index)),
    regionCheck(environment),
    proxyCheck(environment),
    await certificateCheck(environment),
    await diskCheck(environment)
  ];
}

export function runtimeCheck(denoVersion: string | undefined): Check {
  const why = 'The engine runs in the Deno that its package brings along.';
  return denoVersion === undefined
    ? {
        id: 'runtime',
        verdict: 'warning',
        found: `Not running in Deno but in Node ${process.versions.node}.`,
        why,
        nextStep: 'Start the installed command bedrock-import instead of the bundle.'
      }
    : okFinding('runtime', `Deno ${denoVersion}.`, why);
}

function hostCheck(environment: Environment): Check {
  const name = environment.name === undefined ? '' : ` "${environment.name}"`;
  return okFinding(
    'host',
    `${environment.hostLabel}${name}, root folder ${environment.root}.`,
    'The root folder is what JupyterLab shows and what survives a restart.'
  );
}

function warningCheck(warning: string, index: number): Check {
  return {
    id: index === 0 ? 'settings' : `settings-${index + 1}`,
    verdict: 'warning',
    found: warning,
    why: 'An odd setting may lead the command somewhere else than expected.',
    nextStep: 'Correct the setting, or ignore this when it is meant to be so.'
  };
}

function regionCheck(environment: Environment): Check {
  const why = 'Bucket, import job and model are all in one Region.';
  return environment.region === undefined
    ? {
        id: 'region',
        verdict: 'blocker',
        found: 'No AWS Region is set.',
        why,
        nextStep: 'Set AWS_REGION, for example AWS_REGION=us-east-1, or use --region.'
      }
    : okFinding('region', `${environment.region.name} (from ${environment.region.source}).`, why);
}

function proxyCheck({ proxies, endpoints }: Environment): Check {
  const set = [
    proxies.https && `HTTPS_PROXY ${proxies.https}`,
    proxies.http && `HTTP_PROXY ${proxies.http}`,
    proxies.no && `NO_PROXY ${proxies.no}`
  ].filter(text => text);
  const custom = endpoints.custom ? ' Endpoints are set by variables, not the public ones.' : '';
  return okFinding(
    'network-settings',
    `${set.length === 0 ? 'No proxy.' : `${set.join(', ')}.`}${custom}`,
    'All connections follow these settings.'
  );
}

async function certificateCheck({ caCertificateFile: file }: Environment): Promise<Check> {
  const why = 'An own certificate authority must be readable, or every connection fails.';
  if (file === undefined) {
    return okFinding('certificates', 'No certificate authority of its own is set.', why);
  }
  try {
    const text = await readFile(file, 'latin1');
    if (text.includes('-----BEGIN CERTIFICATE-----')) {
      return okFinding('certificates', `Certificate authority of ${file} is used.`, why);
    }
    return badCertificate(`${file} holds no PEM certificate.`, why);
  } catch {
    return badCertificate(`The certificate file ${file} cannot be read.`, why);
  }
}

function badCertificate(found: string, why: string): Check {
  return {
    id: 'certificates',
    verdict: 'warning',
    found,
    why,
    nextStep: 'Set SSL_CERT_FILE or AWS_CA_BUNDLE to a readable PEM file, or unset it.'
  };
}

async function diskCheck({ root }: Environment): Promise<Check> {
  const why = 'A copy streams to S3 without the disk; only a download to this machine needs it.';
  try {
    const usage = await readDiskUsage(root);
    const found = usage.unlimited
      ? `Elastic disk at ${usage.path}.`
      : `${formatBytes(usage.availableBytes)} of ${formatBytes(usage.totalBytes)} available at ${usage.path}.`;
    return okFinding('disk', found, why);
  } catch {
    return {
      id: 'disk',
      verdict: 'warning',
      found: `The disk of ${root} could not be read.`,
      why,
      nextStep: 'Nothing has to be done for a copy to S3.'
    };
  }
}
