import type { FaultPlan, SandboxState } from '../state';
import { hubError } from './answers';

const WINDOW_SECONDS = 5;

/** The hub counts calls of its API and locating files apart. */
type Counted = 'api' | 'resolvers';

/**
 * The fault `hub-rate-limit`: so many requests of each kind in a window of five seconds, told in
 * every answer as the hub does (Hugging Face Hub documentation, "Hub Rate limits").
 */
export function createRateLimit(
  state: SandboxState,
  faults: FaultPlan
): (pathname: string, answer: () => Promise<Response>) => Promise<Response> {
  const windows = new Map<Counted, { start: number; used: number }>();
  return async (pathname, answer) => {
    const quota = faults.value('hub-rate-limit');
    if (typeof quota !== 'number') {
      return answer();
    }
    const kind: Counted = pathname.startsWith('/api/') ? 'api' : 'resolvers';
    const now = state.now().getTime();
    let window = windows.get(kind);
    if (window === undefined || now >= window.start + WINDOW_SECONDS * 1000) {
      window = { start: now, used: 0 };
      windows.set(kind, window);
    }
    const seconds = Math.max(1, Math.ceil((window.start - now) / 1000 + WINDOW_SECONDS));
    const refused = window.used >= quota;
    window.used += refused ? 0 : 1;
    const left = quota - window.used;
    const response = refused
      ? hubError(429, `We had to rate limit you; retry after ${seconds} seconds.`, {
          headers: { 'Retry-After': String(seconds) }
        })
      : await answer();
    response.headers.set('RateLimit', `"${kind}";r=${left};t=${seconds}`);
    response.headers.set(
      'RateLimit-Policy',
      `"fixed window";"${kind}";q=${quota};w=${WINDOW_SECONDS}`
    );
    return response;
  };
}
