import { execFileSync } from 'node:child_process';

import { readDiskUsage } from '..';

/** Lines of `df`'s answer without their head, in words. */
export function df(...args: string[]): string[][] {
  return execFileSync('df', args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore']
  })
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/));
}

/** What `df -B1` and `df -i` say of a mount; a dash is what they show for none. */
export function dfFigures(mount: string): number[] {
  const bytes = df('-B1', '--output=size,used,avail', mount)[0] ?? [];
  const inodes = df('--output=itotal,iused,iavail', mount)[0] ?? [];
  return [...bytes, ...inodes].map(text => (text === '-' ? 0 : Number(text)));
}

/** The same figures, as the engine says them. */
export async function ownFigures(path: string): Promise<number[]> {
  const usage = await readDiskUsage(path);
  const { total = 0, used = 0, available = 0 } = usage.inodes ?? {};
  return [usage.totalBytes, usage.usedBytes, usage.availableBytes, total, used, available];
}
