import { BedrockImportError } from '../errors';
import { retryAfterMs, retryWaitMs, TransientFault, withRetries } from './retry';

const quick = (message: string): TransientFault => new TransientFault(message, { attempts: 3 });

describe('withRetries', () => {
  const signal = new AbortController().signal;

  it('tries again after transient faults and tells each', async () => {
    const told: string[] = [];
    const result = await withRetries(
      {
        subject: 'f',
        signal,
        onRetry: ({ fault, attempt }) => told.push(`${attempt} ${fault.message}`)
      },
      async number => {
        if (number < 3) {
          throw quick(`fault ${number}`);
        }
        return 'done';
      }
    );
    expect(result).toBe('done');
    expect(told).toEqual(['1 fault 1', '2 fault 2']);
  });

  it('does not repeat what is not transient', async () => {
    let tries = 0;
    const attempt = withRetries({ subject: 'f', signal, onRetry: () => undefined }, async () => {
      tries++;
      throw new Error('for good');
    });
    await expect(attempt).rejects.toThrow('for good');
    expect(tries).toBe(1);
  });

  it('gives up with a typed error, the fault’s own where it has one', async () => {
    const always = (fault: TransientFault): Promise<never> =>
      withRetries({ subject: 'f', signal, onRetry: () => undefined }, async () => {
        throw fault;
      });
    await expect(always(quick('x'))).rejects.toMatchObject({ code: 'COPY_GAVE_UP', subject: 'f' });
    const final = new BedrockImportError({ code: 'OWN', message: 'm', nextStep: 'n' });
    await expect(always(new TransientFault('x', { attempts: 1, final }))).rejects.toBe(final);
  });

  it('takes a fault for permanent only when it comes in a row', async () => {
    const final = new BedrockImportError({ code: 'OWN', message: 'm', nextStep: 'n' });
    const seldom = (): TransientFault => new TransientFault('x', { attempts: 2, final });
    let tries = 0;
    const mixed = withRetries({ subject: 'f', signal, onRetry: () => undefined }, async number => {
      tries = number;
      if (number < 4) {
        throw number % 2 === 1 ? seldom() : quick('other');
      }
      return 'done';
    });
    await expect(mixed).resolves.toBe('done');
    const always = withRetries({ subject: 'f', signal, onRetry: () => undefined }, async number => {
      tries = number;
      throw seldom();
    });
    await expect(always).rejects.toBe(final);
    expect(tries).toBe(2);
  });

  it('ends a wait when the signal fires', async () => {
    const stop = new AbortController();
    const attempt = withRetries(
      { subject: 'f', signal: stop.signal, onRetry: () => stop.abort() },
      async () => {
        throw new TransientFault('wait', { retryAfterMs: 3_600_000 });
      }
    );
    await expect(attempt).rejects.toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('3', now)).toBe(3000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
    expect(retryAfterMs('soon', now)).toBeUndefined();
    expect(retryAfterMs(null, now)).toBeUndefined();
  });
});

describe('retryWaitMs', () => {
  it('never waits longer than five minutes for a server', () => {
    expect(retryWaitMs(1, new TransientFault('x', { retryAfterMs: 1e9 }))).toBe(300_000);
  });

  it('does not come back at once because a server says Retry-After: 0', () => {
    expect(retryWaitMs(4, new TransientFault('x', { retryAfterMs: 0 }))).toBeGreaterThan(900);
  });

  it('grows without one', () => {
    expect(retryWaitMs(8, new TransientFault('x'))).toBeGreaterThan(
      retryWaitMs(1, new TransientFault('x'))
    );
  });
});
