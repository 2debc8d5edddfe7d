import { throwIfCancelled } from '../errors';
import { systemClock } from '../waiting';
import type { Clock } from '../waiting';

/** A limit as the hub tells it with each answer. */
interface Allowance {
  /** Requests that may be sent until `until`. */
  left: number;
  /** Of the window, where the hub tells. */
  quota?: number;
  /** Milliseconds since the epoch at which the window starts afresh. */
  until: number;
}

/** With less than this share of a window's requests left, what is left is spread over its rest. */
const SCARCE = 0.1;
const SCARCE_REQUESTS = 20;
/** A wait is passed in steps, because an answer may bring better news meanwhile. */
const STEP_MS = 1_000;

/**
 * Keeps requests within the limits that the hub tells in the `RateLimit` and `RateLimit-Policy` headers
 * (Hugging Face Hub documentation, "Rate limits": requests of one kind are counted in windows of five
 * minutes). A refusal holds back all requests of its kind, not only the refused one.
 */
export class HubPacing {
  private readonly allowances = new Map<string, Allowance>();
  private readonly nextAt = new Map<string, number>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** What an answer says of the limit for requests of its kind. */
  learn(address: string, headers: Headers): void {
    const told = readAllowance(headers, this.clock.now());
    if (told !== undefined) {
      this.allowances.set(kindOf(address), told);
    }
  }

  /** The hub refused a request of this kind for so long. */
  refused(address: string, waitMs: number): void {
    this.allowances.set(kindOf(address), { left: 0, until: this.clock.now() + waitMs });
  }

  /**
   * Waits until a request may be sent.
   *
   * @param longestMs it is sent all the same after so long, and the hub's refusal counts
   * @param onWait told once, with the whole wait in milliseconds
   * @throws BedrockImportError `CANCELLED`
   */
  async turn(
    address: string,
    options: { signal?: AbortSignal; longestMs: number; onWait?: (waitMs: number) => void }
  ): Promise<void> {
    const { signal, longestMs, onWait } = options;
    const kind = kindOf(address);
    const startedAt = this.clock.now();
    let told = false;
    for (;;) {
      const now = this.clock.now();
      const waitMs = Math.min(this.waitMs(kind, now), startedAt + longestMs - now);
      if (waitMs <= 0) {
        this.taken(kind, now);
        return;
      }
      if (!told && waitMs >= STEP_MS) {
        told = true;
        onWait?.(waitMs);
      }
      throwIfCancelled(signal);
      await this.clock.sleep(Math.min(waitMs, STEP_MS), signal);
    }
  }

  private waitMs(kind: string, now: number): number {
    const allowance = this.allowances.get(kind);
    if (allowance === undefined || allowance.until <= now) {
      this.allowances.delete(kind);
      this.nextAt.delete(kind);
      return 0;
    }
    return allowance.left <= 0 ? allowance.until - now : (this.nextAt.get(kind) ?? 0) - now;
  }

  private taken(kind: string, now: number): void {
    const allowance = this.allowances.get(kind);
    if (allowance === undefined) {
      return;
    }
    const scarce = Math.max(SCARCE_REQUESTS, (allowance.quota ?? 0) * SCARCE);
    if (allowance.left <= scarce && allowance.left > 0) {
      this.nextAt.set(kind, now + (allowance.until - now) / allowance.left);
    }
    // Until the next answer tells better; requests may be on their way at the same time.
    allowance.left--;
  }
}

/** The hub counts its API, the resolving of files, and its pages each by itself. */
function kindOf(address: string): string {
  const { host, pathname } = new URL(address);
  const kind = pathname.startsWith('/api/')
    ? 'api'
    : pathname.includes('/resolve/')
      ? 'resolve'
      : 'pages';
  return `${host} ${kind}`;
}

/** Such as `"resolvers";r=4999;t=120` and `"fixed window";"resolvers";q=5000;w=300`. */
function readAllowance(headers: Headers, now: number): Allowance | undefined {
  const limit = headers.get('ratelimit') ?? '';
  const left = /;\s*r=(\d{1,9})/.exec(limit)?.[1];
  const seconds = /;\s*t=(\d{1,9})/.exec(limit)?.[1];
  if (left === undefined || seconds === undefined) {
    return undefined;
  }
  const quota = /;\s*q=(\d{1,9})/.exec(headers.get('ratelimit-policy') ?? '')?.[1];
  return {
    left: Number(left),
    until: now + Number(seconds) * 1000,
    ...(quota === undefined ? {} : { quota: Number(quota) })
  };
}
