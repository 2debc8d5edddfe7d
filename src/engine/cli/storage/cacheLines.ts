import type { HubCacheScan } from '../../cache';
import { formatBytes } from '../../disk';
import type { CacheRest, Leftover } from '../../leftovers';
import type { Printer } from '../output';
import { counted, pointLines, tableLines } from '../text/layout';

const WIDEST = 100;

type Other = CacheRest | Leftover;

export function cacheDocument(scan: HubCacheScan, others: readonly Other[]): object {
  const { path, real, exists, bytes, sharedStore, warnings, unreadable } = scan;
  return {
    hub: {
      ...{ path, real, exists, bytes, sharedStore },
      repositories: scan.repositories.map(repository => ({
        ...repository,
        revisions: repository.revisions.map(({ contents: _, ...revision }) => revision)
      }))
    },
    leftovers: others,
    ...{ warnings, unreadable }
  };
}

export function printCache(to: Printer, scan: HubCacheScan, others: readonly Other[]): void {
  const where = scan.real === scan.path ? '' : ` (really ${scan.real})`;
  to.line(
    scan.exists
      ? `Hugging Face cache ${scan.path}${where}: ${formatBytes(scan.bytes)}`
      : `There is no Hugging Face cache at ${scan.path}.`
  );
  const rows = scan.repositories.flatMap(repository => [
    [
      repository.name,
      formatBytes(repository.bytes),
      `frees ${formatBytes(repository.freesBytes)}`,
      repository.type === 'model' ? '' : repository.type
    ],
    ...repository.revisions.map(revision => [
      `  @${revision.commit.slice(0, 12)} ${revision.refs.join(', ')}`.trimEnd(),
      formatBytes(revision.bytes),
      `frees ${formatBytes(revision.freesBytes)}`,
      counted(revision.files, 'file')
    ])
  ]);
  to.lines(tableLines(rows, { columns: ['left', 'right', 'right', 'left'], indent: 2 }));
  if (others.length > 0) {
    to.line();
    to.line('Other things that take room:');
    to.lines(
      tableLines(
        others.map(({ id, bytes, label, problem }) => [
          id,
          formatBytes(bytes),
          problem === undefined ? label : `${label} (kept: ${problem})`
        ]),
        { columns: ['left', 'right', 'left'], indent: 2 }
      )
    );
  }
  scan.warnings.forEach(warning => to.lines(pointLines(warning, Math.min(to.columns, WIDEST))));
  if (scan.unreadable > 0) {
    to.line(
      `${counted(scan.unreadable, 'file or folder', 'files or folders')} could not be looked at.`
    );
  }
}
