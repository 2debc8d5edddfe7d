import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on every machine that this runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat after the name, which may hold blanks and brackets (proc(5)). */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Processor time of a process so far, in milliseconds. */
export function processorMs(pid: number): number {
  const fields = statOf(pid);
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Children of a process whose command line has a text. */
export function childrenWith(parent: number, text: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        return (
          Number(statOf(pid)[1]) === parent &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
        );
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}
