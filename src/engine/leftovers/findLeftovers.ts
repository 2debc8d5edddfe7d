import { lstat, readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import { expandFolder, hubHomeFolder } from '../cache';
import { deviceOf } from '../disk';
import { measureRemoval } from '../removal';
import { findCheckpoints } from './findCheckpoints';
import { findOldTemporary } from './findOldTemporary';
import type { Candidate, Leftover, LeftoverPlace } from './types';

/** A leftover with the folder that everything in it lies in. */
export interface FoundLeftover extends Leftover {
  within: string;
}

/**
 * What other tools, and we, have left on the disks of the JupyterLab root and the home: only what can be
 * fetched or made again. What is not there or empty is not told. Nothing is changed.
 *
 * @throws BedrockImportError `CANCELLED`
 */
export async function findLeftovers(
  place: LeftoverPlace,
  options: { signal?: AbortSignal; now?: number } = {}
): Promise<FoundLeftover[]> {
  const rootDevice = await deviceOf(place.root);
  const candidates = [
    ...(await contents(xet(place), isXet)),
    ...(await contents(pip(place), isPip)),
    ...(await conda(place)),
    ...(await checkpoints(place, options.signal)),
    ...(await contents(jobs(place))),
    ...(await findOldTemporary(place.root, options))
  ];
  const found: FoundLeftover[] = [];
  for (const candidate of candidates) {
    const bytes = await measureRemoval(candidate.paths, options);
    if (bytes > 0) {
      const onRootDisk = (await deviceOf(candidate.within)) === rootDevice;
      found.push({ ...candidate, bytes, onRootDisk });
    }
  }
  return found;
}

/**
 * A folder with a leftover in it; the folder itself stays.
 *
 * @param isOwn Which of its contents are, lest a variable that names a folder of the user's makes his files one.
 */
async function contents(
  candidate: Omit<Candidate, 'paths'>,
  isOwn: (path: string, name: string) => boolean | Promise<boolean> = () => true
): Promise<Candidate[]> {
  const facts = await lstat(candidate.within).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    return [];
  }
  const names = await readdir(candidate.within).catch((): string[] => []);
  const paths: string[] = [];
  for (const name of names) {
    const path = join(candidate.within, name);
    if (await isOwn(path, name)) {
      paths.push(path);
    }
  }
  return [{ ...candidate, paths }];
}

/** Hugging Face documentation, "Chunk-based caching (Xet)": a folder for each server, named after it. */
async function isXet(path: string, name: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined);
  return (
    facts?.isDirectory() === true && /^(?:https?_[\w.-]*|(?:chunk|shard)[-_]cache)$/.test(name)
  );
}

/** What `pip cache purge` and pip's check for a newer pip know as theirs. */
function isPip(_: string, name: string): boolean {
  return /^(?:http|http-v2|wheels|selfcheck|selfcheck\.json)$/.test(name);
}

function xet(place: LeftoverPlace): Omit<Candidate, 'paths'> {
  const given = place.env['HF_XET_CACHE'];
  return {
    id: 'xet',
    kind: 'xet',
    label: 'Pieces of files that Hugging Face tools keep (Xet)',
    within: given ? expandFolder(given, place) : join(hubHomeFolder(place), 'xet'),
    meaning: 'Downloads of similar files fetch these pieces again. Downloaded models stay.'
  };
}

/** pip documentation, "Caching": `PIP_CACHE_DIR`, else `pip` in the user's cache folder. */
function pip({ env, homeDirectory }: LeftoverPlace): Omit<Candidate, 'paths'> {
  const base = env['XDG_CACHE_HOME'] ?? '';
  const caches = isAbsolute(base) ? base : join(homeDirectory, '.cache');
  return {
    id: 'pip',
    kind: 'pip',
    label: 'Packages that pip has downloaded',
    within: env['PIP_CACHE_DIR'] || join(caches, 'pip'),
    meaning: 'Installing a package downloads it again. What is installed stays.'
  };
}

/**
 * Downloaded archives only: extracted packages are also the files of environments, by second names, so
 * that deleting them frees little (conda documentation, "conda clean").
 */
async function conda({ env, homeDirectory }: LeftoverPlace): Promise<Candidate[]> {
  const named = (env['CONDA_PKGS_DIRS'] ?? '').split(',').filter(isAbsolute);
  const usual = [
    join(homeDirectory, '.conda', 'pkgs'),
    join(homeDirectory, 'anaconda3', 'pkgs'),
    join(homeDirectory, 'miniconda3', 'pkgs')
  ];
  const found: Candidate[] = [];
  for (const within of new Set([...named, ...usual])) {
    const names = await readdir(within).catch((): string[] => []);
    const archives = names.filter(name => /\.(?:conda|tar\.bz2)$/.test(name) || name === 'cache');
    if (archives.length > 0) {
      found.push({
        id: `conda:${within}`,
        kind: 'conda',
        label: 'Archives that conda has downloaded',
        within,
        paths: archives.map(name => join(within, name)),
        meaning: 'Installing a package downloads it again. What is installed stays.'
      });
    }
  }
  return found;
}

async function checkpoints(
  { root }: LeftoverPlace,
  signal: AbortSignal | undefined
): Promise<Candidate[]> {
  return [
    {
      id: 'checkpoints',
      kind: 'checkpoints',
      label: 'Checkpoints of notebooks and files',
      within: root,
      paths: await findCheckpoints(root, signal),
      meaning: 'Notebooks cannot go back to their last saved state any more. The notebooks stay.'
    }
  ];
}

function jobs({ stateDirectory }: LeftoverPlace): Omit<Candidate, 'paths'> {
  return {
    id: 'jobs',
    kind: 'job',
    label: 'Plans and journals of jobs',
    within: stateDirectory,
    meaning: 'A job that is removed cannot go on.',
    problem: 'Remove single jobs in the list of jobs (in a terminal: bedrock-import jobs remove).'
  };
}
