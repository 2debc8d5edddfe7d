import type { Command } from 'commander';
import { resolve } from 'node:path';
import process from 'node:process';

import { formatBytes } from '../../disk';
import { deleteTrash, deleteToTrashSetting, listTrash, restoreTrash } from '../../trash';
import type { TrashFolderContents, TrashPlace } from '../../trash';
import { requireConfirmation } from '../confirmation';
import { ExitCode, usageError } from '../exitCodes';
import type { Outcome, Session } from '../session';
import { freedDocument, printFreed } from '../storage/freedLines';
import { counted } from '../text/layout';
import { printDeletion, printTrash } from '../storage/trashLines';
import type { AddSubcommand, RunSubcommand } from './command';

interface TrashOptions {
  root?: string;
  yes?: boolean;
  to?: string;
  foreign?: string[];
}

const ITEM = ['<item...>', 'path in the trash, or where it was before'] as const;

export const addTrashCommand: AddSubcommand = (program, run) => {
  const trash = program
    .command('trash')
    .summary('deleted files that still take room: list, restore, delete')
    .description(
      'What the file browser of JupyterLab deletes often goes to a trash folder of the volume and still ' +
        'takes its room. No link is followed and no other volume entered.'
    );
  withRoot(trash.command('list'))
    .description(
      'Shows every trash folder near the JupyterLab root: what is in it, from where, how big.'
    )
    .action((options: TrashOptions) => run(session => list(session, options)));
  addRestore(trash, run);
  addDeletions(trash, run);
};

function addRestore(trash: Command, run: RunSubcommand): void {
  withRoot(trash.command('restore'))
    .description('Puts items back where they were. Nothing is overwritten.')
    .argument(...ITEM)
    .option('--to <folder>', 'put them in this folder instead')
    .action((items: string[], options: TrashOptions) =>
      run(session => restore(session, items, options))
    );
}

function addDeletions(trash: Command, run: RunSubcommand): void {
  withRoot(trash.command('delete'))
    .description('Deletes single items for good.')
    .argument(...ITEM)
    .option('--foreign <folder...>', 'trash folders of other users that may be deleted from')
    .option('-y, --yes', 'do not ask')
    .action((items: string[], options: TrashOptions) =>
      run(session => remove(session, items, options))
    );
  withRoot(trash.command('empty'))
    .description(
      'Deletes all that is in your trash folders for good; those of others only when named.'
    )
    .option('--foreign <folder...>', 'trash folders of other users that are emptied, too')
    .option('-y, --yes', 'do not ask')
    .action((options: TrashOptions) => run(session => empty(session, options)));
}

function withRoot(command: Command): Command {
  return command.option('--root <folder>', 'JupyterLab root to look under (default: this host’s)');
}

async function placeOf(session: Session, options: TrashOptions): Promise<TrashPlace> {
  const { root, homeDirectory } = await session.environment();
  const { env } = process;
  const userId = process.getuid?.();
  return { root: resolve(options.root ?? root), homeDirectory, env, userId };
}

async function look(
  session: Session,
  place: TrashPlace,
  mostItems?: number
): Promise<TrashFolderContents[]> {
  session.progress.status('Looking at the trash');
  const folders = await listTrash(place, { signal: session.signal, mostItems });
  session.progress.clear();
  return folders;
}

async function list(session: Session, options: TrashOptions): Promise<Outcome> {
  const place = await placeOf(session, options);
  const folders = await look(session, place);
  const { host } = await session.environment();
  const setting = await deleteToTrashSetting(host, place);
  return {
    document: { root: place.root, folders, setting },
    print: to => printTrash(to, folders, setting)
  };
}

async function restore(
  session: Session,
  names: readonly string[],
  options: TrashOptions
): Promise<Outcome> {
  const place = await placeOf(session, options);
  const ids = idsOf(await look(session, place, Infinity), names);
  const to = options.to === undefined ? undefined : resolve(options.to);
  const { restored, failed } = await restoreTrash(place, ids, { to });
  return {
    document: { restored, failed },
    error: failed[0]?.error,
    print: printer => {
      restored.forEach(({ path }) => printer.line(`Restored ${path}`));
      failed.slice(1).forEach(({ error }) => printer.line(`${error.subject}: ${error.message}`));
    }
  };
}

async function remove(
  session: Session,
  names: readonly string[],
  options: TrashOptions
): Promise<Outcome> {
  const place = await placeOf(session, options);
  const folders = await look(session, place, Infinity);
  const items = idsOf(folders, names);
  const chosen = folders.flatMap(folder => folder.items).filter(({ id }) => items.includes(id));
  const foreign = options.foreign?.map(path => resolve(path));
  session.words.line(`Deleted for good: ${counted(chosen.length, 'item')}.`);
  printDeletion(session.words, chosen);
  const bytes = chosen.reduce((sum, item) => sum + item.bytes, 0);
  return carryOut(session, place, { items, foreign }, { yes: options.yes === true, bytes });
}

async function empty(session: Session, options: TrashOptions): Promise<Outcome> {
  const place = await placeOf(session, options);
  const all = await look(session, place);
  const foreign = (options.foreign ?? []).map(path => resolve(path));
  const unknown = foreign.find(path => !all.some(folder => folder.path === path));
  if (unknown !== undefined) {
    throw unknownItem(unknown);
  }
  const folders = all.filter(
    folder =>
      (!folder.foreign || foreign.includes(folder.path)) &&
      folder.problem === undefined &&
      (folder.totalItems > 0 || folder.hasRests)
  );
  const leftAlone = all
    .filter(folder => !folders.includes(folder))
    .filter(({ totalItems, problem }) => totalItems > 0 || problem !== undefined)
    .map(({ path, problem, userId }) => ({
      path,
      why: problem ?? `It is of user ${userId ?? 'unknown'}; name it with --foreign.`
    }));
  leftAlone.forEach(({ path, why }) => session.words.line(`Left alone: ${path}. ${why}`));
  if (folders.length === 0) {
    return {
      document: { emptied: [], leftAlone },
      print: to => to.line(leftAlone.length === 0 ? 'The trash is empty.' : 'Nothing is deleted.')
    };
  }
  for (const folder of folders) {
    session.words.line(
      `Deleted for good: all in ${folder.path} (${counted(folder.totalItems, 'item')}, ${formatBytes(folder.bytes)}).`
    );
    printDeletion(session.words, folder.items, folder.totalItems);
  }
  const bytes = folders.reduce((sum, folder) => sum + folder.bytes, 0);
  const deletion = { folders: folders.map(({ path }) => path), foreign };
  return carryOut(session, place, deletion, { yes: options.yes === true, bytes });
}

async function carryOut(
  session: Session,
  place: TrashPlace,
  deletion: Parameters<typeof deleteTrash>[1],
  { yes, bytes }: { yes: boolean; bytes: number }
): Promise<Outcome> {
  const refused = await requireConfirmation(session, {
    yes,
    question: `Delete ${formatBytes(bytes)} for good?`,
    what: 'Deleting from the trash'
  });
  if (refused) {
    return { document: { deleted: false }, error: refused };
  }
  const result = await deleteTrash(place, deletion, {
    signal: session.signal,
    onProgress: ({ removed }) => session.progress.status(`Deleting, ${removed} files so far`)
  });
  return {
    document: freedDocument(result, bytes),
    exitCode: result.left.length === 0 ? ExitCode.done : ExitCode.failed,
    print: to => printFreed(to, result, bytes)
  };
}

/** Items are named by their path in the trash or by where they were; a name alone has to be the only one. */
function idsOf(folders: readonly TrashFolderContents[], names: readonly string[]): string[] {
  const items = folders.flatMap(folder => folder.items);
  const ids = names.map(name => {
    const path = resolve(name);
    const found = items.filter(
      item => item.id === path || item.originalPath === path || item.name === name
    );
    const [exact, another] = found.filter(({ id }) => id === path).concat(found);
    if (exact === undefined) {
      throw unknownItem(name);
    }
    if (another !== undefined && exact.id !== path && found.length > 1) {
      throw usageError({
        code: 'TRASH_ITEM_AMBIGUOUS',
        message: `${found.length} items of the trash are called ${name}.`,
        subject: name,
        nextStep: `Name one by its path: ${found.map(({ id }) => id).join(', ')}`
      });
    }
    return exact.id;
  });
  return [...new Set(ids)];
}

function unknownItem(name: string): Error {
  return usageError({
    code: 'TRASH_ITEM_UNKNOWN',
    message: `Nothing called ${name} is in the trash.`,
    subject: name,
    nextStep: 'bedrock-import trash list shows what is.'
  });
}
