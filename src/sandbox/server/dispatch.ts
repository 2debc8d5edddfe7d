import type { SandboxHandler } from '../state';

/** One handler for each service; `bedrock` serves the control plane and the runtime. */
export interface AwsServices {
  s3: SandboxHandler;
  bedrock: SandboxHandler;
  iam: SandboxHandler;
  sts: SandboxHandler;
}

export type AwsServiceName = keyof AwsServices;

/**
 * One endpoint for all services: the service's name is in the credential scope of the signature,
 * `AKID/date/region/service/aws4_request` (AWS Identity and Access Management User Guide, "Elements
 * of an AWS API request signature").
 */
export function dispatchAws(services: AwsServices): SandboxHandler {
  return (request, connection) => services[serviceOf(request)](request, connection);
}

export function serviceOf(request: Request): AwsServiceName {
  const authorization = request.headers.get('authorization') ?? '';
  const url = new URL(request.url);
  const scope =
    /Credential=([^,\s]+)/.exec(authorization)?.[1] ??
    url.searchParams.get('X-Amz-Credential') ??
    '';
  // From the end: an access key id holds no slash, but a wrong one might.
  const service = scope.split('/').at(-2);
  if (service === 's3' || service === 'bedrock' || service === 'iam' || service === 'sts') {
    return service;
  }
  // Unsigned, or signed for a service that is not here: the one whose form the request has refuses it.
  if (
    url.pathname.startsWith('/model/') ||
    /\/(model-import-jobs|imported-models)\b/.test(url.pathname)
  ) {
    return 'bedrock';
  }
  const form = (request.headers.get('content-type') ?? '').includes('x-www-form-urlencoded');
  return request.method === 'POST' && url.pathname === '/' && form ? 'sts' : 's3';
}
