import { cpus } from 'node:os';
import process from 'node:process';

/** What processors have done since some moment in the past; only differences mean something. */
export interface ProcessorTimes {
  /** Milliseconds of processor time of this process. */
  ownMs: number;
  /** Milliseconds of all processors of the machine, and those in which they had nothing to do. */
  machineMs: number;
  idleMs: number;
}

export function readProcessorTimes(): ProcessorTimes {
  const { user, system } = process.cpuUsage();
  let machineMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    machineMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { ownMs: (user + system) / 1000, machineMs, idleMs };
}

/** The pipe runs on one processor, which it never has for itself: with so much in use, little is left. */
const OWN_SHARE = 0.75;
const MACHINE_SHARE = 0.9;

/** Whether the processor was what the process waited for, in the `passedMs` between two readings. */
export function processorBound(
  before: ProcessorTimes,
  after: ProcessorTimes,
  passedMs: number
): boolean {
  const machineMs = after.machineMs - before.machineMs;
  const busyMs = machineMs - (after.idleMs - before.idleMs);
  return (
    after.ownMs - before.ownMs >= OWN_SHARE * passedMs ||
    (machineMs > 0 && busyMs >= MACHINE_SHARE * machineMs)
  );
}
