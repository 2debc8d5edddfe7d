/** Words and codes of the real hub, as @huggingface/hub and huggingface_hub know them. */
export type HubErrorCode = 'RepoNotFound' | 'GatedRepo' | 'RevisionNotFound' | 'EntryNotFound';

/** The hub's form of an error: JSON for people, headers for clients. */
export function hubError(
  status: number,
  message: string,
  options: { code?: HubErrorCode; headers?: Record<string, string> } = {}
): Response {
  const headers = new Headers({ 'X-Error-Message': message, ...options.headers });
  if (options.code !== undefined) {
    headers.set('X-Error-Code', options.code);
  }
  if (status === 401) {
    headers.set('WWW-Authenticate', 'Bearer realm="Authentication required", charset="UTF-8"');
  }
  return Response.json({ error: message }, { status, headers });
}

export function rateLimited(): Response {
  return hubError(429, 'We had to rate limit you; retry after 1 second.', {
    headers: {
      'Retry-After': '1',
      RateLimit: '"api";r=0;t=1',
      'RateLimit-Policy': '"fixed window";"api";q=500;w=300'
    }
  });
}

export function revisionNotFound(revision: string): Response {
  return hubError(404, `Invalid rev id: ${headerText(revision)}`, { code: 'RevisionNotFound' });
}

export function entryNotFound(): Response {
  return hubError(404, 'Entry not found', { code: 'EntryNotFound' });
}

/** A header holds no line break and nothing outside of Latin-1. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
