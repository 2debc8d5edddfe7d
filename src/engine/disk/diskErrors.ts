import { BedrockImportError } from '../errors';
import { formatBytes } from './sizes';
import { readDiskUsage } from './usage';

/** What a write that failed was for. */
export interface DiskTask {
  /** A folder of the disk that was written to; need not exist. */
  folder: string;
  /** Such as a file's path in the model. */
  subject: string;
  /** Bytes that were still to be written, where that is known. */
  neededBytes?: number;
}

/** A quota can end before the disk does, and a limit of the process before both. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * An error of a disk in plain words, with what is needed and what is there; anything else is given back
 * as it is. Codes: `DISK_FULL`, `DISK_DENIED`, `DISK_FAILED`.
 */
export async function toDiskError(error: unknown, task: DiskTask): Promise<unknown> {
  if (error instanceof BedrockImportError || !(error instanceof Error)) {
    return error;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (FULL.has(code)) {
    return await diskFull(code, error, task);
  }
  if (DENIED.has(code) || code === 'NotCapable') {
    return new BedrockImportError({
      code: 'DISK_DENIED',
      message: `${task.folder} cannot be written to (${code}).`,
      subject: task.subject,
      nextStep:
        'Choose a folder that you may write to, or copy without the disk: the files then stream from the hub to S3.',
      cause: error
    });
  }
  return /^E[A-Z0-9]+$/.test(code)
    ? new BedrockImportError({
        code: 'DISK_FAILED',
        message: `The disk at ${task.folder} failed (${code}).`,
        subject: task.subject,
        nextStep:
          'Run the command again: it goes on with what has arrived. If it fails again, use another folder or copy without the disk.',
        cause: error
      })
    : error;
}

async function diskFull(code: string, cause: Error, task: DiskTask): Promise<BedrockImportError> {
  const usage = await readDiskUsage(task.folder).catch(() => undefined);
  const needed =
    task.neededBytes === undefined ? '' : `; ${formatBytes(task.neededBytes)} are still to come`;
  const available = usage === undefined ? '' : `, ${formatBytes(usage.availableBytes)} are free`;
  const reasons = new Map([
    ['EDQUOT', 'Your quota is used up'],
    ['EFBIG', 'The file is larger than this disk or the limit of the process (ulimit -f) allows'],
    ['ENOSPC', usage?.inodes?.available === 0 ? 'No inode is left' : 'The disk is full']
  ]);
  return new BedrockImportError({
    code: 'DISK_FULL',
    message: `${reasons.get(code) ?? 'The disk is full'} at ${usage?.path ?? task.folder}${available}${needed}.`,
    subject: task.subject,
    nextStep:
      'Free space and run the same command again: it goes on with what has arrived, nothing was deleted. Or copy without the disk.',
    cause
  });
}
