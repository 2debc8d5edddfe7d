import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a test's own, on a folder that is not there before and after it. */
export interface Mounted {
  folder: string;
  /** Changes its options, such as `size=2m` of a tmpfs. */
  remount(options: string): void;
  unmount(): void;
}

type ImageType = 'ext4' | 'xfs';

/** Needs root, and a container that allows it. @param options Such as `size=1m,nr_inodes=10`. */
export function mountTmpfs(options: string): Mounted {
  return mountInNewFolder(folder => ['-t', 'tmpfs', '-o', options, 'none', folder]);
}

/** A file system in a sparse file, which takes room only where it was written to. */
export function mountImage(type: ImageType, sizeBytes: number, settings: string[] = []): Mounted {
  const image = makeImage(type, sizeBytes, settings);
  try {
    const mounted = mountInNewFolder(folder => ['-o', 'loop', image, folder]);
    return {
      ...mounted,
      unmount: () => {
        mounted.unmount();
        rmSync(image, { force: true });
      }
    };
  } catch (error) {
    rmSync(image, { force: true });
    throw error;
  }
}

/** A folder of the same file system at a second place. */
export function mountBind(source: string): Mounted {
  return mountInNewFolder(folder => ['--bind', source, folder]);
}

/** An overlay whose upper layer is in a folder, which must not be on an overlay itself. */
export function mountOverlay(base: string): Mounted {
  const [lower = '', upper = '', work = ''] = ['lower', 'upper', 'work'].map(name => {
    mkdirSync(join(base, name));
    return join(base, name);
  });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  return mountInNewFolder(folder => ['-t', 'overlay', '-o', options, 'overlay', folder]);
}

/** Whether such a file system can be mounted here; to be asked before tests are declared. */
export function canMount(tryIt: () => Mounted): boolean {
  try {
    tryIt().unmount();
    return true;
  } catch {
    return false;
  }
}

function makeImage(type: ImageType, sizeBytes: number, settings: string[]): string {
  const image = join(mkdtempSync(join(tmpdir(), 'image-')), type);
  writeFileSync(image, '');
  truncateSync(image, sizeBytes);
  try {
    execFileSync(`mkfs.${type}`, ['-q', ...settings, image], { stdio: 'ignore' });
  } catch (error) {
    rmSync(image, { force: true });
    throw error;
  }
  return image;
}

function mountInNewFolder(args: (folder: string) => string[]): Mounted {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'));
  const mount = (...all: string[]): void => {
    execFileSync('mount', all, { stdio: 'ignore' });
  };
  try {
    mount(...args(folder));
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    folder,
    remount: options => mount('-o', `remount,${options}`, folder),
    unmount: () => {
      execFileSync('umount', [folder], { stdio: 'ignore' });
      rmSync(folder, { recursive: true });
    }
  };
}
