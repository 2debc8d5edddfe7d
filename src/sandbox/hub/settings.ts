import { join } from 'node:path';

import { readJsonFile } from '../state';
import type { GeneratedEntry } from './generatedContent';

export const SETTINGS_FILE = '.sandbox.json';

/** Of the wrong type too, when a test wants it so. */
export type Told = string | number;

/** An entry of a listing that says whatever a test wants it to say. */
export interface ListedLie {
  path: string;
  size?: Told;
  oid?: Told;
  sha256?: Told;
}

export interface FileLie {
  path?: string;
  size?: Told;
  oid?: Told;
  sha256?: Told;
  /** `everywhere`: X-Linked-Size and X-Linked-ETag tell the same lie. @default 'listing' */
  where?: 'listing' | 'everywhere';
}

/** The optional `.sandbox.json` in a repository's folder. */
export interface RepositorySettings {
  gated: false | 'auto' | 'manual';
  private: boolean;
  /** Tokens with access to a gated or private repository. */
  tokens: string[];
  /** Replaces the listing altogether. */
  listing?: ListedLie[];
  /** Changes single entries of the listing, by the path of the file. */
  lie: Record<string, FileLie>;
  /** Files that are nowhere on disk. One of the same path that is there wins. */
  generated: GeneratedEntry[];
  /** Fields for the model's card, over those of its README. */
  card: Record<string, unknown>;
}

/** @throws SyntaxError when the file is not JSON. */
export async function readSettings(folder: string): Promise<RepositorySettings> {
  const written = await readJsonFile<Partial<RepositorySettings>>(join(folder, SETTINGS_FILE));
  return {
    gated: written?.gated ?? false,
    private: written?.private ?? false,
    tokens: written?.tokens ?? [],
    listing: written?.listing,
    lie: written?.lie ?? {},
    generated: written?.generated ?? [],
    card: written?.card ?? {}
  };
}
