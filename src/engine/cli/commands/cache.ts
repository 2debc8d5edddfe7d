import type { Command } from 'commander';
import { resolve } from 'node:path';
import process from 'node:process';

import { hubCacheFolder, scanHubCache } from '../../cache';
import type { HubCacheScan } from '../../cache';
import { formatBytes } from '../../disk';
import { cacheRests, deleteStorage, findLeftovers, planStorageDeletion } from '../../leftovers';
import type { CacheRest, FoundLeftover, StoragePlace } from '../../leftovers';
import { requireConfirmation } from '../confirmation';
import { ExitCode, usageError } from '../exitCodes';
import type { Outcome, Session } from '../session';
import { cacheDocument, printCache } from '../storage/cacheLines';
import { freedDocument, printFreed } from '../storage/freedLines';
import { counted } from '../text/layout';
import { addCacheMoveCommand } from './cacheMove';
import type { AddSubcommand } from './command';
import { addSteeringCommands } from './steering';

interface CacheOptions {
  root?: string;
  yes?: boolean;
}

const MOST_PATHS = 200;

export const addCacheCommand: AddSubcommand = (program, run) => {
  const cache = program
    .command('cache')
    .summary('what the hub cache and other tools keep on the disk, and where')
    .description(
      'The Hugging Face cache by model and revision, and what pip, conda, notebooks and broken downloads ' +
        'have left: list, delete, move, and keep new ones under the JupyterLab root.'
    );
  withRoot(cache.command('list'))
    .description('Shows what is there, how big it is and what deleting it frees.')
    .action((options: CacheOptions) => run(session => list(session, options)));
  withRoot(cache.command('delete'))
    .description(
      'Deletes models, single revisions (MODEL@REVISION) and other things by their names in "cache list".'
    )
    .argument('<name...>', 'such as org/model, org/model@main, pip or checkpoints')
    .option('-y, --yes', 'do not ask')
    .action((names: string[], options: CacheOptions) =>
      run(async session => {
        const found = await look(session, options);
        const ids = names.map(name => idOf(found, name));
        return remove(session, found.place, ids, options);
      })
    );
  withRoot(cache.command('prune'))
    .description(
      'Deletes what nothing needs: broken downloads that nobody goes on with, and files of the cache that no revision uses.'
    )
    .option('-y, --yes', 'do not ask')
    .action((options: CacheOptions) =>
      run(async session => {
        const found = await look(session, options);
        const ids = found.rests.filter(({ problem }) => problem === undefined).map(({ id }) => id);
        return ids.length === 0
          ? { document: { deleted: false }, print: to => to.line('There is nothing to prune.') }
          : remove(session, found.place, ids, options);
      })
    );
  addCacheMoveCommand(cache, run);
  addSteeringCommands(cache, run);
};

function withRoot(command: Command): Command {
  return command.option('--root <folder>', 'JupyterLab root to look under (default: this host’s)');
}

interface Found {
  place: StoragePlace;
  scan: HubCacheScan;
  rests: CacheRest[];
  leftovers: FoundLeftover[];
}

async function look(session: Session, options: CacheOptions): Promise<Found> {
  const { root, homeDirectory, stateDirectory } = await session.environment();
  const { env } = process;
  const cacheFolder = hubCacheFolder({ env, homeDirectory });
  const place = {
    ...{ homeDirectory, stateDirectory, env, cacheFolder },
    root: resolve(options.root ?? root)
  };
  const { signal } = session;
  session.progress.status('Looking at the cache');
  const scan = await scanHubCache(cacheFolder, { signal });
  const leftovers = await findLeftovers(place, { signal });
  session.progress.clear();
  return { place, scan, leftovers, rests: cacheRests(scan) };
}

async function list(session: Session, options: CacheOptions): Promise<Outcome> {
  const { scan, rests, leftovers } = await look(session, options);
  const all = [...rests, ...leftovers];
  return { document: cacheDocument(scan, all), print: to => printCache(to, scan, all) };
}

async function remove(
  session: Session,
  place: StoragePlace,
  ids: readonly string[],
  { yes }: CacheOptions
): Promise<Outcome> {
  const { signal } = session;
  const plan = await planStorageDeletion(place, ids, { signal });
  session.words.line(`Deleted for good, ${formatBytes(plan.bytes)}:`);
  plan.paths.slice(0, MOST_PATHS).forEach(path => session.words.line(`  ${path}`));
  if (plan.paths.length > MOST_PATHS) {
    session.words.line(`  and ${counted(plan.paths.length - MOST_PATHS, 'more path')}`);
  }
  plan.notes.forEach(note => session.words.line(note));
  const refused = await requireConfirmation(session, {
    yes: yes === true,
    question: 'Delete them?',
    what: 'Deleting from the cache'
  });
  if (refused) {
    return { document: { deleted: false, plan }, error: refused };
  }
  const result = await deleteStorage(place, ids, plan, {
    signal,
    onProgress: ({ removed }) => session.progress.status(`Deleting, ${removed} files so far`)
  });
  return {
    document: freedDocument(result, plan.bytes),
    exitCode: result.left.length === 0 ? ExitCode.done : ExitCode.failed,
    print: to => printFreed(to, result, plan.bytes)
  };
}

/** What a name stands for: a repository, a revision by commit, its beginning or a ref, or a leftover. */
function idOf({ scan, rests, leftovers }: Found, name: string): string {
  const other = [...rests, ...leftovers].find(({ id }) => id === name);
  if (other !== undefined) {
    return other.id;
  }
  const [repository = '', revision] = splitOnce(name);
  const named = scan.repositories.filter(
    found => found.id === repository || found.name === repository
  );
  const [first, second] = named;
  if (first === undefined) {
    throw unknown(name);
  }
  if (second !== undefined) {
    throw ambiguous(name, named);
  }
  if (revision === undefined) {
    return first.id;
  }
  const revisions = first.revisions.filter(
    ({ commit, refs }) =>
      commit === revision ||
      refs.includes(revision) ||
      (revision.length >= 7 && commit.startsWith(revision))
  );
  const [one, another] = revisions;
  if (one === undefined) {
    throw unknown(name);
  }
  if (another !== undefined) {
    throw ambiguous(name, revisions);
  }
  return one.id;
}

function splitOnce(name: string): string[] {
  const at = name.indexOf('@');
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

function ambiguous(name: string, found: readonly { id: string }[]): Error {
  return usageError({
    code: 'CACHE_ENTRY_AMBIGUOUS',
    message: `${name} can be several things in the cache.`,
    subject: name,
    nextStep: `Name one of them: ${found.map(({ id }) => id).join(', ')}`
  });
}

function unknown(name: string): Error {
  return usageError({
    code: 'CACHE_ENTRY_UNKNOWN',
    message: `The cache holds nothing called ${name}.`,
    subject: name,
    nextStep: 'bedrock-import cache list shows what it holds.'
  });
}
