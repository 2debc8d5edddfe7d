import process from 'node:process';

import { detectEnvironment } from '../../engine';
import type { Environment } from '../../engine';

/** Where the engine looks for caches, trash and what else takes room, for the user of this kernel. */
export interface ProcessPlace {
  environment: Environment;
  root: string;
  homeDirectory: string;
  stateDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  userId?: number;
}

/** Stays inside of this folder: it holds all variables, and a cell would print them. */
export async function processPlace(): Promise<ProcessPlace> {
  const environment = await detectEnvironment();
  const { root, homeDirectory, stateDirectory } = environment;
  return {
    environment,
    root,
    homeDirectory,
    stateDirectory,
    env: process.env,
    userId: process.getuid?.()
  };
}
