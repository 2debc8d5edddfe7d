import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface CacheFolderSource {
  env: Readonly<Record<string, string | undefined>>;
  homeDirectory: string;
}

/**
 * The folder in which transformers, vllm and other tools look for models of the hub: `HF_HUB_CACHE`, else
 * `HUGGINGFACE_HUB_CACHE`, else `hub` under `HF_HOME`, whose default is `huggingface` under
 * `XDG_CACHE_HOME` or `~/.cache` (Hugging Face Hub documentation, "Environment variables").
 *
 * @param explicit A folder that the user named; it counts before all variables.
 * @returns An absolute path; the folder may not exist yet.
 */
export function hubCacheFolder(source: CacheFolderSource, explicit?: string): string {
  const { env, homeDirectory } = source;
  if (explicit !== undefined && explicit !== '') {
    return resolve(expandHome(explicit, homeDirectory));
  }
  return expandFolder(
    env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(hubHomeFolder(source), 'hub'),
    source
  );
}

/** The parent of the hub's caches and of the login: `HF_HOME`, and its default as above. Absolute. */
export function hubHomeFolder(source: CacheFolderSource): string {
  const { env, homeDirectory } = source;
  return expandFolder(
    env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homeDirectory, '.cache'), 'huggingface'),
    source
  );
}

/** A folder as huggingface_hub reads it from a variable: `~` and `$NAME` are filled in. Absolute. */
export function expandFolder(path: string, source: CacheFolderSource): string {
  return resolve(expandVariables(expandHome(path, source.homeDirectory), source.env));
}

/** For callers that have no description of the host at hand. */
export function processCacheFolder(explicit?: string): string {
  return hubCacheFolder({ env: process.env, homeDirectory: homedir() }, explicit);
}

function expandHome(path: string, homeDirectory: string): string {
  return path.replace(/^~(?=\/|$)/, () => homeDirectory);
}

/** As Python's os.path.expandvars: a variable that is not set stays as it is written. */
function expandVariables(path: string, env: CacheFolderSource['env']): string {
  return path.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (written: string, plain: string | undefined, braced: string | undefined) =>
      env[plain ?? braced ?? ''] ?? written
  );
}
