import { createHash } from 'node:crypto';
import { getPriority, hostname, networkInterfaces, uptime } from 'node:os';
import process from 'node:process';

/** Which process on which machine, as far as one that may read no other process can say. */
export interface ProcessIdentity {
  /** Hash of the host name and the hardware addresses: several machines may be called `default`. */
  host: string;
  /** When the machine was started, in seconds since the epoch, give or take the clock's corrections. */
  bootedAt: number;
  pid: number;
}

/** Clock corrections move the time of the start; two starts of one machine lie further apart. */
const SAME_BOOT_SECONDS = 60;

/**
 * Under the launcher's permissions, Deno lets nobody read /proc, /proc/sys/kernel/random/boot_id
 * included, so that the start is reckoned from the uptime.
 */
export function ownIdentity(): ProcessIdentity {
  const addresses = Object.values(networkInterfaces())
    .flatMap(cards => cards ?? [])
    .filter(({ internal }) => !internal)
    .map(({ mac }) => mac)
    .sort();
  return {
    host: createHash('sha256')
      .update(JSON.stringify([hostname(), addresses]))
      .digest('hex')
      .slice(0, 16),
    bootedAt: Math.round(Date.now() / 1000 - uptime()),
    pid: process.pid
  };
}

/**
 * Whether a process has ended for certain. False when it lives, when another one has its number, or
 * when it is on another machine and cannot be looked at.
 */
export function hasEnded(other: ProcessIdentity, self: ProcessIdentity = ownIdentity()): boolean {
  if (other.host !== self.host) {
    return false;
  }
  if (Math.abs(other.bootedAt - self.bootedAt) > SAME_BOOT_SECONDS) {
    return true;
  }
  if (other.pid === self.pid) {
    return false;
  }
  try {
    // The only question about a process that Deno answers without the permission to run programs.
    getPriority(other.pid);
    return false;
  } catch (error) {
    return /ESRCH/.test(String(error));
  }
}
