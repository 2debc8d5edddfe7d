/** Faults with a probability from 0 to 1, rolled once for each request that they could hit. */
export const RATE_FAULTS = [
  'hub-reset',
  'hub-429',
  'hub-ignore-range',
  'hub-flip-byte',
  'hub-expired-url',
  'hub-stall',
  'hub-truncate',
  's3-503',
  's3-reset',
  's3-stall'
] as const;

/** Faults that last a number of seconds, or begin after it. */
export const DURATION_FAULTS = [
  'role-not-ready',
  'model-not-ready',
  'import-seconds',
  'credentials-expire',
  'credentials-return',
  's3-503-storm'
] as const;

/** Faults that take a whole number from 1: they strike every so many times, or after so many. */
export const COUNT_FAULTS = ['hub-reset-every', 'hub-rate-limit'] as const;

/** Faults that take the text of a message, or a probability. */
export const MESSAGE_FAULTS = ['import-failure'] as const;

/** Faults that take a probability, or a time with its unit, such as `3s`, from which on they last. */
export const RATE_OR_TIME_FAULTS = ['hub-swap'] as const;

export type FaultName =
  | (typeof RATE_FAULTS)[number]
  | (typeof DURATION_FAULTS)[number]
  | (typeof COUNT_FAULTS)[number]
  | (typeof MESSAGE_FAULTS)[number]
  | (typeof RATE_OR_TIME_FAULTS)[number];

export const FAULT_NAMES: readonly FaultName[] = [
  ...RATE_FAULTS,
  ...RATE_OR_TIME_FAULTS,
  ...MESSAGE_FAULTS,
  ...DURATION_FAULTS,
  ...COUNT_FAULTS
];

/** What goes wrong on purpose. */
export interface FaultPlan {
  /**
   * Whether the fault happens this time: by chance for a rate, every so many times for a count,
   * always for a message or a time, and when above zero for a number of seconds. False for a fault
   * that was not asked for.
   */
  roll(name: FaultName): boolean;
  /** The rate, the seconds, the count, the message or the time (`3s`) that was asked for. */
  value(name: FaultName): number | string | undefined;
  /** The seconds of a fault that was given as seconds or as a time; undefined for any other. */
  seconds(name: FaultName): number | undefined;
}

/** A fault on the command line that cannot be understood; the message is one line for the user. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

const known = (list: readonly string[], name: string) => list.includes(name);

/**
 * Reads `NAME=VALUE`.
 *
 * @throws FaultError for an unknown name or a value out of range.
 */
export function parseFault(text: string): { name: FaultName; value: number | string } {
  const at = text.indexOf('=');
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  const value = at < 0 ? '' : text.slice(at + 1).trim();
  if (!known(FAULT_NAMES, name)) {
    throw new FaultError(`unknown fault '${name}'; known faults: ${FAULT_NAMES.join(', ')}`);
  }
  const fault = name as FaultName;
  if (value === '') {
    throw new FaultError(`fault '${name}' needs a value, such as ${example(fault)}`);
  }
  if (known(DURATION_FAULTS, name)) {
    const seconds = Number(value.replace(/s$/, ''));
    if (!Number.isFinite(seconds) || seconds < 0) {
      throw new FaultError(`fault '${name}' takes seconds, such as ${example(fault)}`);
    }
    return { name: fault, value: seconds };
  }
  if (known(COUNT_FAULTS, name)) {
    if (!/^\d{1,9}$/.test(value) || Number(value) < 1) {
      throw new FaultError(`fault '${name}' takes a whole number, such as ${example(fault)}`);
    }
    return { name: fault, value: Number(value) };
  }
  if (known(RATE_OR_TIME_FAULTS, name) && TIME.test(value)) {
    return { name: fault, value };
  }
  const rate = Number(value);
  if (known(MESSAGE_FAULTS, name) && Number.isNaN(rate)) {
    return { name: fault, value };
  }
  if (!(rate >= 0 && rate <= 1)) {
    throw new FaultError(`fault '${name}' takes a rate from 0 to 1, such as ${example(fault)}`);
  }
  return { name: fault, value: rate };
}

const TIME = /^(\d+(?:\.\d+)?)s$/;

function example(name: FaultName): string {
  if (known(COUNT_FAULTS, name)) {
    return `${name}=20`;
  }
  if (known(RATE_OR_TIME_FAULTS, name)) {
    return `${name}=0.05 or ${name}=3s`;
  }
  if (known(MESSAGE_FAULTS, name)) {
    return `${name}='The model is broken' or ${name}=0.5`;
  }
  return known(DURATION_FAULTS, name) ? `${name}=20` : `${name}=0.05`;
}

/**
 * @param options.faults By name: a rate from 0 to 1, seconds, a count, a message or a time.
 * @param options.seed The same seed gives the same sequence of rolls for each fault.
 * @param options.onStrike Told each fault that happens.
 */
export function createFaultPlan(
  options: {
    faults?: Partial<Record<FaultName, number | string>>;
    seed?: number;
    onStrike?: (name: FaultName) => void;
  } = {}
): FaultPlan {
  const faults = new Map(Object.entries(options.faults ?? {}));
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  // A sequence for each name: how often one fault is rolled must not change when another one strikes.
  const sequences = new Map<string, () => number>();
  const next = (name: string): number => {
    let sequence = sequences.get(name);
    if (sequence === undefined) {
      sequence = mulberry32(seed ^ textHash(name));
      sequences.set(name, sequence);
    }
    return sequence();
  };
  const rolled = new Map<string, number>();
  const strikes = (name: FaultName): boolean => {
    const value = faults.get(name);
    if (value === undefined) {
      return false;
    }
    if (typeof value === 'string') {
      return true;
    }
    if (known(COUNT_FAULTS, name)) {
      const count = (rolled.get(name) ?? 0) + 1;
      rolled.set(name, count);
      return count % value === 0;
    }
    return known(DURATION_FAULTS, name) ? value > 0 : next(name) < value;
  };
  return {
    roll: name => {
      const struck = strikes(name);
      if (struck) {
        options.onStrike?.(name);
      }
      return struck;
    },
    value: name => faults.get(name),
    seconds: name => {
      const value = faults.get(name);
      if (typeof value === 'number') {
        return known(DURATION_FAULTS, name) ? value : undefined;
      }
      const time = known(RATE_OR_TIME_FAULTS, name) ? TIME.exec(value ?? '')?.[1] : undefined;
      return time === undefined ? undefined : Number(time);
    }
  };
}

/** Small seedable generator by Tommy Ettinger, "mulberry32" (public domain); numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return hash >>> 0;
}
