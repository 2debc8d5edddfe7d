import { deleteTrash, formatBytes } from '../../engine';
import type { TrashDeletionResult } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { displayedAs, note, requireYes, stack, table, withCellSignal } from '../display';
import type { Displayed } from '../display';
import type { TrashReport } from './lookAtTrash';
import { processPlace } from './processPlace';

/**
 * Deletes for good what is in the trash folders of this user that a report of `lookAtTrash` names, after a
 * question, because there is no way back: also in the sandbox this is the user's own disk.
 *
 * @param options.confirm - Agreed to without being asked. @default false
 * @throws BedrockImportError `NOT_CONFIRMED`, and those of `deleteTrash`
 */
export async function emptyTrash(
  { folders, bytes }: TrashReport,
  options: { confirm?: boolean; signal?: AbortSignal } = {}
): Promise<TrashDeletionResult & Displayed> {
  const own = folders.filter(({ foreign, problem }) => !foreign && problem === undefined);
  const paths = own.map(({ path }) => path);
  await requireYes({
    agreed: paths.length === 0 || options.confirm === true,
    question: `Delete ${formatBytes(bytes)} in ${paths.join(', ')} for good?`,
    message: 'Nothing was deleted.',
    subject: paths[0],
    nextStep: 'Run this cell again and answer Yes.'
  });
  const { environment: _, ...place } = await processPlace();
  const signal = withCellSignal(options.signal);
  const result = await deleteTrash(place, { folders: paths }, { signal });
  return displayedAs(result, () =>
    stack(
      note(
        `${formatBytes(result.freedBytes)} freed: ${counted(result.removed, 'entry', 'entries')} deleted.`
      ),
      result.left.length > 0 &&
        table(
          result.left.map(({ path, error }) => [path, error.message]),
          { head: ['Stays', 'Why'] }
        )
    )
  );
}
