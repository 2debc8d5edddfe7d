import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import process from 'node:process';

import type { HostSource } from './types';

/** This process and this disk. */
export function processHostSource(): HostSource {
  return {
    env: process.env,
    homeDirectory: homedir(),
    currentDirectory: process.cwd(),
    userId: process.getuid?.(),
    readTextFile: async path => {
      try {
        return await readFile(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    isDirectory: async path => {
      try {
        return (await stat(path)).isDirectory();
      } catch {
        return false;
      }
    }
  };
}
