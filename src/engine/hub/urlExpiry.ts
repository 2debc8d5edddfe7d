/**
 * When a signed URL stops working, as far as the URL says so: S3's `X-Amz-Date` with `X-Amz-Expires`,
 * `Expires` in seconds since 1970 (CloudFront, S3's older signature) or CloudFront's `Policy`. The
 * earliest counts.
 */
export function signedUrlExpiry(address: string): Date | undefined {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(address).searchParams) {
    query.set(name.toLowerCase(), value);
  }
  const times = [
    amazonExpiry(query.get('x-amz-date'), query.get('x-amz-expires')),
    epochSeconds(query.get('expires')),
    policyExpiry(query.get('policy'))
  ].filter(time => time !== undefined);
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

function amazonExpiry(date: string | undefined, seconds: string | undefined): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '');
  if (parts === null || !/^\d{1,9}$/.test(seconds ?? '')) {
    return undefined;
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const start = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return start + Number(seconds) * 1000;
}

function epochSeconds(text: string | undefined): number | undefined {
  if (!/^\d{9,13}$/.test(text ?? '')) {
    return undefined;
  }
  const value = Number(text);
  return value >= 1e11 ? value : value * 1000;
}

function policyExpiry(policy: string | undefined): number | undefined {
  if (policy === undefined) {
    return undefined;
  }
  try {
    // CloudFront's own alphabet: Amazon CloudFront Developer Guide, "Create a signed URL using a
    // custom policy".
    const base64 = policy.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/');
    const ends = /"AWS:EpochTime"\s*:\s*(\d{9,13})/.exec(atob(base64));
    return epochSeconds(ends?.[1]);
  } catch {
    return undefined;
  }
}
