/** A JupyterLab root on a disk of its own, whose size a test sets: a tmpfs that is mounted over it. */
import { execFileSync } from 'node:child_process';

import { canMount, mountTmpfs } from '../src/engine/testing/mounts';
import { test as base } from './fixtures';

/** Not every machine allows it: tests that need it are skipped there, which their list shows. */
export const CAN_MOUNT = canMount(() => mountTmpfs('size=1m'));

export interface RootDisk {
  folder: string;
  resize(size: string): void;
}

/** It takes only as much as is written to it. */
export const PLENTY = '40g';

export const test = base.extend<object, { disk: RootDisk }>({
  disk: [
    async ({ runningLab }, use) => {
      const { root: folder } = runningLab;
      const mount = (...args: string[]): void =>
        void execFileSync('mount', [...args, folder], { stdio: 'pipe' });
      mount('-t', 'tmpfs', '-o', `size=${PLENTY}`, 'none');
      await use({ folder, resize: size => mount('-o', `remount,size=${size}`) });
      // Kernels and the engine are in it until the server ends.
      execFileSync('umount', ['--lazy', folder]);
    },
    { scope: 'worker', auto: true }
  ]
});
