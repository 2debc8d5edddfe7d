import { lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

import { hubCacheFolder } from '../cache';
import { deviceOf, formatBytes, planDisk, readDiskUsage } from '../disk';
import { BedrockImportError } from '../errors';
import {
  originalEnvironment,
  planSteering,
  requireSteerable,
  steered,
  unsteered
} from '../steering';
import type { SteeringPlace } from '../steering';
import { scanTree, WORK_FOLDER } from './scanTree';
import type { CacheMovePlan, TreeEntry } from './types';

const IDLE = new AbortController().signal;

/**
 * What moving the hub cache would do; it changes nothing.
 *
 * @param to - @default where steering leads it, under the JupyterLab root
 * @throws BedrockImportError `CACHE_MISSING`, `CACHE_THERE_ALREADY`, `CACHE_MOVE_INTO_ITSELF`,
 *   `STEERING_OUTSIDE` (usage), `CACHE_UNREADABLE`, and those of `getSteering`
 */
export async function planCacheMove(
  place: SteeringPlace,
  options: { to?: string; signal?: AbortSignal } = {}
): Promise<CacheMovePlan> {
  const { from, to, isLink } = await findPlaces(place, options.to);
  const signal = options.signal ?? IDLE;
  const entries = await scanTree(from, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new BedrockImportError({
      code: 'CACHE_UNREADABLE',
      message: 'The Hugging Face cache cannot be read.',
      subject: from,
      nextStep: 'Make the folder readable for this user.',
      kind: 'blocked',
      cause: error
    });
  });
  const sameDisk = (await deviceOf(from)) === (await deviceOf(to));
  const bytes = sizeOf(entries);
  const missing = sameDisk ? 0 : await sizeToCopy(entries, to);
  const disk = await planDisk({
    sizeBytes: missing,
    path: to,
    newEntries: sameDisk ? 1 : entries.length
  });
  const { availableBytes } = await readDiskUsage(to);
  return {
    from,
    to,
    bytes,
    files: entries.filter(({ kind }) => kind !== 'folder').length,
    sameDisk,
    availableBytes,
    fits: sameDisk || disk.fits,
    notes: [
      ...notesOn({ from, to, entries, sameDisk, missing, bytes }),
      ...(sameDisk || disk.fits ? [] : [disk.explanation]),
      ...(isLink ? [`The link that leads to ${from} stays, and leads nowhere then.`] : []),
      ...((await isFilled(to))
        ? [`There are files in ${to} already: of two that differ, the newer one stays.`]
        : [])
    ]
  };
}

/** The cache that is to be moved and where it goes; both absolute, the first without links. */
async function findPlaces(
  place: SteeringPlace,
  wanted: string | undefined
): Promise<{ from: string; to: string; isLink: boolean }> {
  const { homeDirectory } = place.environment;
  const { current, next } = await planSteering(place);
  const env = place.env ?? process.env;
  const folderOf = (variables: Readonly<Record<string, string | undefined>>): string =>
    hubCacheFolder({ env: variables, homeDirectory });
  const now = folderOf(steered(unsteered(env), current));
  const before = folderOf(originalEnvironment(env, current));
  const to = wanted === undefined ? folderOf(steered(unsteered(env), next)) : resolve(wanted);
  requireSteerable(place, to);
  const sources: string[] = [];
  // What was downloaded before steering was switched on is still in the old place.
  for (const folder of new Set([before, now])) {
    if (folder !== to && (await isFilled(folder))) {
      sources.push(folder);
    }
  }
  const named = (wanted === undefined ? sources : sources.toReversed())[0];
  if (named === undefined) {
    throw await nothingToMove(to, now);
  }
  const from = await realpath(named);
  const target = await realpath(to).catch(() => to);
  if (from === target) {
    throw await nothingToMove(to, now);
  }
  if (`${target}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${target}/`)) {
    throw new BedrockImportError({
      code: 'CACHE_MOVE_INTO_ITSELF',
      message: `One of the folders lies in the other: ${from} and ${target}.`,
      subject: to,
      nextStep: 'Choose a folder beside it with --to.',
      kind: 'usage'
    });
  }
  return { from, to, isLink: from !== resolve(named) && (await isLinkItself(named)) };
}

async function nothingToMove(to: string, now: string): Promise<BedrockImportError> {
  return (await isFilled(to))
    ? new BedrockImportError({
        code: 'CACHE_THERE_ALREADY',
        message: `The Hugging Face cache is in ${to} already.`,
        subject: to,
        nextStep: 'Name another folder with --to if it shall be moved again.',
        kind: 'usage'
      })
    : new BedrockImportError({
        code: 'CACHE_MISSING',
        message: 'There is no Hugging Face cache that could be moved.',
        subject: now,
        nextStep:
          'Let "bedrock-import cache steer" lead it elsewhere; then new downloads go there.',
        kind: 'usage'
      });
}

async function isLinkItself(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
}

function sizeOf(entries: readonly TreeEntry[]): number {
  const files = entries.filter(({ kind }) => kind === 'file');
  const sizes = new Map(files.map(({ inode, sizeBytes }) => [inode, sizeBytes]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** What a run that was broken off has copied needs no room again. */
export async function sizeToCopy(entries: readonly TreeEntry[], to: string): Promise<number> {
  const missing: TreeEntry[] = [];
  for (const entry of entries) {
    const there = await lstat(join(to, entry.path)).catch(() => undefined);
    if (entry.kind === 'file' && there?.size !== entry.sizeBytes) {
      missing.push(entry);
    }
  }
  return sizeOf(missing);
}

function notesOn(facts: {
  from: string;
  to: string;
  entries: readonly TreeEntry[];
  sameDisk: boolean;
  missing: number;
  bytes: number;
}): string[] {
  const { from, to, entries, sameDisk, missing, bytes } = facts;
  const outside = entries.filter(
    ({ kind, target, path }) =>
      kind === 'link' && !resolve(dirname(join(from, path)), target ?? '').startsWith(`${from}/`)
  );
  return [
    sameDisk
      ? 'Both places are on one disk, so the cache is renamed and no byte is copied.'
      : `Each file is copied, read back and compared before the old one is deleted; ${formatBytes(missing)} are still to be copied of ${formatBytes(bytes)}.`,
    `New kernels and terminals look in ${to} from then on. Those that run look in ${from} until they are shut down.`,
    ...(outside.length === 0
      ? []
      : [
          `${outside.length === 1 ? 'A link leads' : `${outside.length} links lead`} out of the cache, such as ${outside[0]?.path ?? ''}: what holds them stays in ${from}, too.`
        ])
  ];
}

async function isFilled(folder: string): Promise<boolean> {
  return readdir(folder).then(
    names => names.some(name => name !== WORK_FOLDER && name !== '.locks'),
    () => false
  );
}
