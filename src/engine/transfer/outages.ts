import { AsyncLocalStorage } from 'node:async_hooks';
import { classifyConnectionFailure } from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { backoffMs, systemClock } from '../waiting';
import type { Clock } from '../waiting';
import type { CopyOptions } from './types';

/** What all requests of a copy wait for together. */
export type OutageKind = 'network' | 'credentials';

/** An error that may be a sign of an outage. */
export interface OutageSign {
  readonly outage?: OutageKind;
  readonly connection?: 'none' | 'broken';
}

export interface OutageOptions {
  signal: AbortSignal;
  /** @default 15 minutes */
  patienceMs?: number;
  /** Makes the next request look for credentials anew; resolves to whether there are other ones now. */
  renewCredentials?: () => Promise<boolean>;
  /** Credentials of this process's variables never change, but a service may have been wrong about them. */
  credentialsAreFixed?: boolean;
  onWait?: CopyOptions['onWait'];
  clock?: Clock;
}

const PATIENCE_MS = 15 * 60_000;
const FIXED_CREDENTIALS_PATIENCE_MS = 60_000;
/** Connections that fail or break while others bring bytes are single faults; after such a silence they are an outage. */
const SILENCE_MS = { none: 3_000, broken: 20_000 } as const;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** How often is told that something is waited for. */
const TELL_MS = 1_000;

const REASONS: Record<OutageKind, string> = {
  network: 'The network is gone; waiting for it to come back',
  credentials: 'AWS credentials expired; waiting for fresh ones'
};

interface Outage {
  kind: OutageKind;
  since: number;
  pauses: number;
  over: Promise<void>;
  end: () => void;
}

/**
 * Waits out, for all requests of a copy together, that credentials have expired or that the network is
 * gone: one request tries again now and then, the others wait until it gets through.
 */
export class Outages {
  private current: Outage | undefined;
  /** The last outage, which goes on if nothing has worked since. */
  private earlier: { kind: OutageKind; since: number; pauses: number } | undefined;
  private failure: BedrockImportError | undefined;
  private lastLifeAt: number;
  /** Connections that failed since anything came through. */
  private silentFaults = 0;
  private readonly clock: Clock;
  /** Set inside the operation that tries for all: what it calls must not wait for itself. */
  private readonly prober = new AsyncLocalStorage<true>();

  constructor(private readonly options: OutageOptions) {
    this.clock = options.clock ?? systemClock;
    this.lastLifeAt = this.clock.now();
    options.signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Bytes move: the network is there. */
  alive(): void {
    this.lastLifeAt = this.clock.now();
    this.silentFaults = 0;
    if (this.current?.kind === 'network') {
      this.end();
    }
  }

  /**
   * Runs an operation that may be repeated, as often as an outage stops it.
   *
   * @throws BedrockImportError `COPY_GAVE_UP` or `CREDENTIALS_EXPIRED` when patience ends, `CANCELLED`;
   * what `operation` throws otherwise
   */
  async through<T>(operation: () => Promise<T>): Promise<T> {
    let probing = this.prober.getStore() === true && this.current !== undefined;
    for (;;) {
      if (!probing) {
        await this.passable();
      }
      try {
        const result = await (probing ? this.prober.run(true, operation) : operation());
        this.lastLifeAt = this.clock.now();
        this.silentFaults = 0;
        if (probing) {
          this.end();
        }
        this.earlier = undefined;
        return result;
      } catch (error) {
        this.silentFaults += (error as OutageSign | undefined)?.connection === undefined ? 0 : 1;
        const kind = this.outageOf(error);
        if (this.options.signal.aborted || this.failure !== undefined || kind === undefined) {
          if (probing) {
            this.end();
          }
          throw error;
        }
        probing = await this.wait(kind, error, probing);
      }
    }
  }

  /** Whether requests wait now. */
  get isWaiting(): boolean {
    return this.current !== undefined;
  }

  /** Whether `through` would wait after this error. */
  isOutage(error: unknown): boolean {
    return this.outageOf(error) !== undefined;
  }

  private async passable(): Promise<void> {
    const { signal } = this.options;
    while (this.current !== undefined && !signal.aborted) {
      await this.current.over;
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
    throwIfCancelled(signal);
  }

  /** @returns whether the caller is to try again for all; else another one does. */
  private async wait(kind: OutageKind, error: unknown, probing: boolean): Promise<boolean> {
    if (this.current !== undefined && !probing) {
      return false;
    }
    const outage = this.current ?? this.begin(kind);
    outage.kind = kind;
    const budgetMs = this.budgetMs(kind);
    if (this.clock.now() - outage.since >= budgetMs) {
      this.failure = gaveUp(kind, error, budgetMs);
      this.end();
      throw this.failure;
    }
    try {
      await this.pause(outage, budgetMs);
      if (kind === 'credentials' && (await this.options.renewCredentials?.()) === true) {
        // Other ones: everybody may try them at once.
        this.end();
        return false;
      }
    } catch (stopped) {
      this.end();
      throw stopped;
    }
    return true;
  }

  private begin(kind: OutageKind): Outage {
    let end: () => void = () => undefined;
    const over = new Promise<void>(resolve => {
      end = resolve;
    });
    const goesOn = this.earlier?.kind === kind ? this.earlier : undefined;
    this.current = {
      kind,
      since: goesOn?.since ?? this.clock.now(),
      pauses: goesOn?.pauses ?? 0,
      over,
      end
    };
    return this.current;
  }

  private end(): void {
    const outage = this.current;
    this.current = undefined;
    if (outage !== undefined) {
      this.earlier = outage;
      outage.end();
    }
  }

  private async pause(outage: Outage, budgetMs: number): Promise<void> {
    const { onWait, signal } = this.options;
    const wantedMs = backoffMs(this.clock, outage.pauses++, {
      firstMs: FIRST_PAUSE_MS,
      longestMs: LONGEST_PAUSE_MS
    });
    const until = Math.min(this.clock.now() + wantedMs, outage.since + budgetMs);
    for (;;) {
      const now = this.clock.now();
      onWait?.({ reason: REASONS[outage.kind], waitedMs: now - outage.since, budgetMs });
      if (now >= until) {
        return;
      }
      await this.clock.sleep(Math.min(TELL_MS, until - now), signal);
    }
  }

  /** Which outage an error is a sign of. */
  private outageOf(error: unknown): OutageKind | undefined {
    if (!(error instanceof Error)) {
      return undefined;
    }
    const { outage, connection } = error as OutageSign;
    if (outage !== undefined) {
      return outage;
    }
    if (connection !== undefined) {
      // One connection may stand still when it is the last one: that alone says nothing.
      const silentMs = this.silentFaults > 1 ? this.clock.now() - this.lastLifeAt : 0;
      return silentMs >= SILENCE_MS[connection] ? 'network' : undefined;
    }
    switch (error instanceof BedrockImportError ? error.code : '') {
      case 'CREDENTIALS_EXPIRED':
        return 'credentials';
      case 'NETWORK':
      case 'HUB_UNREACHABLE':
        return isUnreachable(error.cause) ? 'network' : undefined;
      default:
        return undefined;
    }
  }

  private budgetMs(kind: OutageKind): number {
    const patienceMs = this.options.patienceMs ?? PATIENCE_MS;
    return kind === 'credentials' && this.options.credentialsAreFixed === true
      ? Math.min(patienceMs, FIXED_CREDENTIALS_PATIENCE_MS)
      : patienceMs;
  }
}

function gaveUp(kind: OutageKind, error: unknown, waitedMs: number): BedrockImportError {
  if (kind === 'credentials') {
    return error instanceof BedrockImportError
      ? error
      : new BedrockImportError({
          code: 'CREDENTIALS_EXPIRED',
          message: 'The AWS credentials have expired.',
          nextStep:
            'Get fresh ones ("aws sso login", or new temporary keys) and run the same command again: it goes on with what has arrived in S3.',
          cause: error
        });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new BedrockImportError({
    code: 'COPY_GAVE_UP',
    message: `Gave up after ${Math.round(waitedMs / 1000)} s without a network: ${why}`,
    nextStep:
      'Check the network and run the same command again: it goes on with what has arrived in S3.',
    cause: error
  });
}

/** Whether a connection could not be made or broke; not that it was refused for its certificate. */
function isUnreachable(cause: unknown): boolean {
  const reason = (cause as { reason?: unknown } | undefined)?.reason;
  if (reason === 'TIMEOUT') {
    return true;
  }
  const failure = classifyConnectionFailure(
    typeof reason === 'string' ? { name: reason, message: String(cause) } : cause
  );
  return failure !== undefined && failure !== 'CERTIFICATE' && failure !== 'NOT_ALLOWED';
}
