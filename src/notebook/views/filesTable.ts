import { formatBytes } from '../../engine';
import type { ModelInspection } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { details, heading, keyValues, note, stack, table } from '../display';
import type { View } from '../display';

/** What a model is, and which of its files an import takes or leaves out. */
export function filesTable(inspection: Omit<ModelInspection, 'texts'>): View {
  const { model, selection, chatTemplate } = inspection;
  const leftOut = selection.leftOut.map(file => [
    file.path,
    formatBytes(file.sizeBytes),
    file.reason
  ]);
  return stack(
    heading(model.id),
    keyValues([
      ['Commit', model.commitSha],
      ['Licence', model.license],
      ['Architecture', inspection.architecture ?? 'unknown'],
      ['Data type', inspection.torchDtype],
      ['Parameters', inspection.parameters?.toLocaleString('en-US')],
      ['Context', inspection.contextLength && `${inspection.contextLength} tokens`],
      ['Chat template', chatTemplate.effective?.path ?? 'none'],
      [
        'To copy',
        `${formatBytes(selection.totalBytes)} in ${counted(selection.taken.length, 'file')}`
      ]
    ]),
    heading('Files that an import takes'),
    table(
      selection.taken.map(file => [file.path, formatBytes(file.sizeBytes)]),
      { columns: ['left', 'right'], empty: 'None.' }
    ),
    leftOut.length === 0
      ? note('Nothing is left out.', { tone: 'faint' })
      : details(
          `Left out: ${counted(leftOut.length, 'file')}`,
          table(leftOut, { columns: ['left', 'right', 'left'] })
        )
  );
}
