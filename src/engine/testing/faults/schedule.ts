/** A seeded source of choices: the same seed makes the same schedule, on any machine. */
export class SeededChoices {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). Generator by Tommy Ettinger, "mulberry32" (public domain). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  oneOf<T>(choices: readonly T[]): T {
    const choice = choices[this.between(0, choices.length - 1)];
    if (choice === undefined) {
      throw new Error('There is nothing to choose from.');
    }
    return choice;
  }

  /** Some of the choices, in random order. */
  some<T>(choices: readonly T[], from: number, to: number): T[] {
    const left = [...choices];
    const count = Math.min(left.length, this.between(from, to));
    return Array.from({ length: count }, () => {
      const [taken] = left.splice(this.between(0, left.length - 1), 1);
      return taken as T;
    });
  }
}

/** What ends a run of the engine, or breaks the network, from outside. */
export type Strike =
  /** `kill -9` when the job's journal has so many lines, or so long after the start. */
  | { kind: 'kill-engine'; atJournalLine: number; orAfterMs: number }
  /** Hub and AWS are gone for so long, with every connection. */
  | { kind: 'cut-network'; afterMs: number; forMs: number }
  /** Every connection stands still for so long. */
  | { kind: 'freeze-network'; afterMs: number; forMs: number }
  /** The same command is started a second time beside the running one. */
  | { kind: 'second-engine'; afterMs: number };

export interface FaultSchedule {
  seed: number;
  /** `--fault` values of the sandbox. */
  faults: string[];
  /** One for each run of the command; a last run without strikes follows. */
  strikes: Strike[];
  connections: number;
  /** How the job goes on after a strike. */
  goOnWith: 'same-command' | 'jobs-resume';
}

const RATES: readonly string[] = [
  'hub-reset=0.05',
  'hub-429=0.02',
  'hub-ignore-range=0.05',
  'hub-flip-byte=0.02',
  'hub-expired-url=0.05',
  'hub-truncate=0.05',
  'hub-reset-every=20',
  'hub-stall=0.03',
  's3-stall=0.03',
  'hub-swap=0.02',
  'hub-rate-limit=40',
  's3-503=0.1',
  's3-reset=0.03',
  's3-503-storm=2',
  'credentials-expire=3',
  'role-not-ready=2',
  'model-not-ready=2'
];

/** What goes wrong in one run of the suite; everything in it follows from the seed. */
export function faultSchedule(seed: number): FaultSchedule {
  const choices = new SeededChoices(seed);
  return {
    seed,
    faults: choices.some(RATES, 1, 4),
    strikes: Array.from({ length: choices.between(1, 3) }, () => strike(choices)),
    connections: choices.oneOf([1, 2, 4, 8, 16]),
    goOnWith: choices.oneOf(['same-command', 'jobs-resume'])
  };
}

function strike(choices: SeededChoices): Strike {
  const afterMs = choices.between(200, 5000);
  const kind = choices.oneOf([
    'kill-engine',
    'kill-engine',
    'kill-engine',
    'cut-network',
    'freeze-network',
    'second-engine'
  ] as const);
  switch (kind) {
    case 'kill-engine':
      return { kind, atJournalLine: choices.between(1, 40), orAfterMs: choices.between(500, 8000) };
    case 'cut-network':
    case 'freeze-network':
      return { kind, afterMs, forMs: choices.between(500, 4000) };
    case 'second-engine':
      return { kind, afterMs };
  }
}
