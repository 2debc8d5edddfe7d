/** Variables of a process, as `process.env` holds them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Service names as the variables `AWS_ENDPOINT_URL_<SERVICE>` spell them. */
export type ServiceVariable = 'S3' | 'BEDROCK' | 'BEDROCK_RUNTIME' | 'IAM' | 'STS';

/**
 * The endpoint that the environment sets for one service, or undefined when AWS's own is used. The
 * service's variable wins over `AWS_ENDPOINT_URL`; `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` turns
 * both off. Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
export function endpointFromVariables(
  env: Variables,
  service: ServiceVariable
): string | undefined {
  if (ignoresConfiguredEndpoints(env)) {
    return undefined;
  }
  return env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || undefined;
}

export function ignoresConfiguredEndpoints(env: Variables): boolean {
  return env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true';
}
