import { formatBytes } from '../../disk';
import { CopyPlan, describeSource, FileAction, formatS3Uri } from '../../transfer';
import type { Printer } from '../output';
import { counted, fieldLines, tableLines } from './layout';

const ACTIONS: Readonly<Record<FileAction, string>> = {
  copy: 'copy',
  write: 'rewritten',
  prove: 'prove again',
  skip: 'there, proved'
};

/** Everything that a copy will do: files, bytes, rewrites, and what it meets at the destination. */
export function printPlan(to: Printer, plan: CopyPlan): void {
  to.lines(
    fieldLines([
      ['From', describeSource(plan.source)],
      ['To', `${formatS3Uri(plan.destination)} (${plan.destination.region})`],
      ['Files', `${plan.files.length}, ${formatBytes(plan.totalBytes)}`],
      ['To move', movement(plan)]
    ])
  );
  to.line();
  to.lines(
    tableLines(
      plan.files.map(file => [file.path, formatBytes(file.sizeBytes), ACTIONS[file.action]]),
      { columns: ['left', 'right', 'left'], indent: 2 }
    )
  );
  if (plan.leftOut.length > 0) {
    const bytes = plan.leftOut.reduce((sum, file) => sum + file.sizeBytes, 0);
    to.line();
    to.line(`Left out: ${counted(plan.leftOut.length, 'file')}, ${formatBytes(bytes)}.`);
    to.lines(
      tableLines(
        plan.leftOut.map(file => [file.path, formatBytes(file.sizeBytes), file.reason]),
        { columns: ['left', 'right', 'left'], indent: 2 }
      )
    );
  }
  if (plan.rewrites.length > 0) {
    to.line();
    to.line('Changed on the way, the source’s files stay as they are:');
    to.lines(
      tableLines(
        plan.rewrites.map(rewrite => [rewrite.path, rewrite.summary]),
        { indent: 2 }
      )
    );
  }
  printConflicts(to, plan);
}

function printConflicts(to: Printer, plan: CopyPlan): void {
  const overwritten = overwrites(plan);
  if (overwritten.length > 0) {
    to.line();
    to.line(`Would be overwritten: ${counted(overwritten.length, 'object')} not written by us.`);
    to.lines(conflictTable(overwritten));
  }
  const others = plan.conflicts.filter(conflict => conflict.kind === 'unexpected');
  if (others.length > 0) {
    to.line();
    to.line('Also under this prefix, left as they are:');
    to.lines(conflictTable(others));
  }
}

/** The objects that only an explicit consent lets the copy replace. */
export function overwrites(plan: CopyPlan): CopyPlan['conflicts'] {
  return plan.conflicts.filter(conflict => conflict.kind === 'would-overwrite');
}

function conflictTable(conflicts: CopyPlan['conflicts']): string[] {
  return tableLines(
    conflicts.map(conflict => [conflict.key, formatBytes(conflict.sizeBytes), conflict.why]),
    { columns: ['left', 'right', 'left'], indent: 2 }
  );
}

function movement(plan: CopyPlan): string {
  const moving = plan.files.filter(file => file.action === 'copy' || file.action === 'write');
  return plan.bytesToMove === 0 && moving.length === 0
    ? 'nothing, everything is there'
    : `${formatBytes(plan.bytesToMove)} in ${counted(moving.length, 'file')}`;
}

/** The plan without the texts that are written: they would drown the rest. */
export function planDocument(plan: CopyPlan): object {
  return {
    ...plan,
    files: plan.files.map(file => ({ ...file, content: undefined })),
    rewrites: plan.rewrites.map(({ path, after, summary }) => ({
      path,
      summary,
      leftOut: after === undefined
    }))
  };
}
