import type { Command } from 'commander';
import { formatBytes } from '../../disk';
import { BedrockImportError } from '../../errors';
import { findUploadOwners } from '../../jobs';
import type { UploadOwner } from '../../jobs';
import { abortUnfinishedUploads, formatS3Uri, listUnfinishedUploads } from '../../transfer';
import type { MeasuredUpload, UnfinishedUploads } from '../../transfer';
import { requireConfirmation } from '../confirmation';
import { ExitCode } from '../exitCodes';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { counted, tableLines } from '../text/layout';
import { ageOf, parseAge } from '../uploads/age';
import { chooseUploads } from '../uploads/chooseUploads';
import type { AddSubcommand, RunSubcommand } from './command';

interface UploadsOptions {
  bucket: string;
  prefix?: string;
  olderThan?: string;
  yes?: boolean;
}

/** An upload with the job of this machine that may go on with it. */
export interface OwnedUpload extends MeasuredUpload {
  job?: UploadOwner;
}

/** So young uploads may be somebody's who is still sending them. */
const YOUNG_MS = 24 * 3600 * 1000;
/** Enough for every bucket that somebody wants cleaned up from a terminal. */
const MOST_LISTED = 10_000;

export const addUploadsCommand: AddSubcommand = (program, run) => {
  const uploads = program
    .command('uploads')
    .summary('multipart uploads that nobody completed: list, abort')
    .description(
      'A multipart upload that was neither completed nor aborted is billed for the parts that have ' +
        'arrived, and no listing of objects shows it.'
    );
  addList(uploads, run);
  addAbort(uploads, run);
};

function addList(uploads: Command, run: RunSubcommand): void {
  withPlace(uploads.command('list'))
    .description(
      'Lists the unfinished uploads of a bucket with age, size, and the job of this machine that may still ' +
        'go on with them.'
    )
    .action((options: UploadsOptions) => run(session => list(session, options)));
}

function addAbort(uploads: Command, run: RunSubcommand): void {
  withPlace(uploads.command('abort'))
    .description(
      'Aborts unfinished uploads: the parts that have arrived are thrown away. Those of an unfinished job ' +
        'of this machine are left alone unless they are named.'
    )
    .argument('[uploadId...]', 'upload ids, or their beginnings (default: all that are listed)')
    .option('-y, --yes', 'do not ask')
    .action((ids: string[], options: UploadsOptions) =>
      run(session => abort(session, ids, options))
    );
}

function withPlace(command: Command): Command {
  return command
    .requiredOption('--bucket <bucket>', 'name of the bucket')
    .option('--prefix <prefix>', 'only keys that begin like this')
    .option('--older-than <age>', 'only uploads begun so long ago, such as 7d, 12h or 30m');
}

async function list(session: Session, options: UploadsOptions): Promise<Outcome> {
  const found = await find(session, options);
  return {
    document: found,
    print: to => {
      if (found.uploads.length === 0) {
        to.line(`No unfinished uploads in ${placeOf(options)}.`);
        return;
      }
      printUploads(to, found.uploads);
      to.line(`${totalOf(found.uploads)} in ${placeOf(options)}, billed until they are aborted.`);
      printMore(to, found);
    }
  };
}

async function abort(
  session: Session,
  ids: readonly string[],
  options: UploadsOptions
): Promise<Outcome> {
  const { signal, words } = session;
  const found = await find(session, options);
  const { chosen, leftAlone } = chooseUploads(found.uploads, ids);
  const { bucket } = found;
  if (leftAlone.length > 0) {
    words.line('Left alone, because a job of this machine may go on with them:');
    printUploads(words, leftAlone);
  }
  if (chosen.length === 0) {
    return {
      document: { bucket, aborted: 0, bytes: 0, uploads: [], leftAlone, failed: [] },
      print: to => to.line(`Nothing to abort in ${placeOf(options)}.`)
    };
  }
  words.line('These unfinished uploads will be aborted, and their parts thrown away:');
  printUploads(words, chosen);
  printMore(words, found);
  words.line(`${totalOf(chosen)}. Whole objects stay.`);
  printWarnings(words, chosen);
  const refused = await requireConfirmation(session, {
    yes: options.yes === true,
    question: `Abort ${counted(chosen.length, 'upload')}?`,
    what: 'Aborting uploads'
  });
  if (refused !== undefined) {
    const document = { bucket, aborted: 0, bytes: 0, uploads: chosen, leftAlone, failed: [] };
    return { document, error: refused };
  }
  session.progress.status('Aborting');
  const result = await abortUnfinishedUploads(await session.aws(), bucket, chosen, { signal });
  session.progress.clear();
  const bytes = result.aborted.reduce((sum, upload) => sum + upload.bytes, 0);
  const failed = result.failed.map(({ key, uploadId, error }) => ({
    key,
    uploadId,
    error: error.toJSON()
  }));
  return {
    document: {
      ...{ bucket, aborted: result.aborted.length, bytes, uploads: result.aborted },
      ...{ gone: result.gone, leftAlone, failed }
    },
    exitCode: failed.length > 0 ? ExitCode.failed : ExitCode.done,
    error: failureOf(result.failed),
    print: to => {
      to.line(`Aborted ${counted(result.aborted.length, 'upload')} with ${formatBytes(bytes)}.`);
      if (result.gone.length > 0) {
        to.line(`${counted(result.gone.length, 'upload')} had ended before.`);
      }
    }
  };
}

/** The first of them in words; all of them are in the document. */
function failureOf(
  failed: readonly { error: BedrockImportError }[]
): BedrockImportError | undefined {
  const [first] = failed;
  return (
    first &&
    new BedrockImportError({
      code: first.error.code,
      message: `${counted(failed.length, 'upload')} could not be aborted. ${first.error.message}`,
      subject: first.error.subject,
      nextStep: first.error.nextStep,
      cause: first.error
    })
  );
}

async function find(
  session: Session,
  options: UploadsOptions
): Promise<Omit<UnfinishedUploads, 'uploads'> & { uploads: OwnedUpload[] }> {
  const { bucket, prefix, olderThan } = options;
  const youngest = olderThan === undefined ? undefined : Date.now() - parseAge(olderThan);
  const { signal, progress } = session;
  progress.status('Looking for unfinished uploads');
  const found = await listUnfinishedUploads(await session.aws(), bucket, {
    prefix,
    limit: MOST_LISTED,
    signal
  });
  const owner = await findUploadOwners(await session.jobs(), bucket);
  progress.clear();
  const uploads = found.uploads
    .filter(({ initiatedAt }) => youngest === undefined || Date.parse(initiatedAt) <= youngest)
    .map(upload => {
      const job = owner(upload.key);
      return job === undefined ? upload : { ...upload, job };
    });
  return { ...found, uploads, bytes: uploads.reduce((sum, upload) => sum + upload.bytes, 0) };
}

function printUploads(to: Printer, uploads: readonly OwnedUpload[]): void {
  const now = Date.now();
  to.lines(
    tableLines(
      uploads.map(({ key, uploadId, initiatedAt, parts, bytes, job }) => [
        formatBytes(bytes),
        String(parts),
        ageOf(now - Date.parse(initiatedAt)),
        job === undefined ? '' : `${job.id} (${job.state})`,
        key,
        uploadId
      ]),
      {
        head: ['Size', 'Parts', 'Age', 'Job', 'Key', 'Upload id'],
        columns: ['right', 'right', 'right', 'left', 'left', 'left'],
        indent: 2
      }
    )
  );
}

function printWarnings(to: Printer, uploads: readonly OwnedUpload[]): void {
  const now = Date.now();
  const young = uploads.filter(({ initiatedAt }) => now - Date.parse(initiatedAt) < YOUNG_MS);
  if (young.length > 0) {
    to.line(
      `${counted(young.length, 'upload')} began less than a day ago: if another program or machine is still sending, it will fail or begin anew.`
    );
  }
  for (const { key, job } of uploads) {
    if (job !== undefined) {
      to.line(`${key} belongs to the job ${job.id} (${job.state}), which will send it anew.`);
    }
  }
}

function printMore(to: Printer, { more }: UnfinishedUploads): void {
  if (more) {
    to.line(`There are more than ${MOST_LISTED}; these are the first by their keys.`);
  }
}

function totalOf(uploads: readonly OwnedUpload[]): string {
  const bytes = uploads.reduce((sum, upload) => sum + upload.bytes, 0);
  return `${counted(uploads.length, 'unfinished upload')} with ${formatBytes(bytes)}`;
}

function placeOf({ bucket, prefix = '' }: UploadsOptions): string {
  return formatS3Uri({ bucket, prefix });
}
