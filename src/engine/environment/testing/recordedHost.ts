import type { HostSource } from '../types';

/** A host as it is kept in `recorded/*.json`. */
export interface RecordedHost {
  env: Record<string, string>;
  homeDirectory: string;
  currentDirectory: string;
  userId?: number;
  /** Text files by absolute path. */
  files: Record<string, string>;
  directories: string[];
}

export function recordedHostSource(
  host: RecordedHost,
  changes: { env?: Record<string, string | undefined>; files?: Record<string, string> } = {}
): HostSource {
  const files = new Map(Object.entries({ ...host.files, ...changes.files }));
  return {
    env: { ...host.env, ...changes.env },
    homeDirectory: host.homeDirectory,
    currentDirectory: host.currentDirectory,
    userId: host.userId,
    readTextFile: async path => files.get(path),
    isDirectory: async path => host.directories.includes(path)
  };
}
