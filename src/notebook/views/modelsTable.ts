import type { ImportedModel } from '../../engine';
import { formatMinute } from '../../engine/cli/text/layout';
import { keyValues, table } from '../display';
import type { View } from '../display';

/** The imported models of an account in one Region. */
export function modelsTable(models: readonly ImportedModel[]): View {
  return table(
    models.map(({ modelName, modelArchitecture, creationTime, modelArn }) => [
      modelName,
      modelArchitecture,
      minuteOf(creationTime),
      modelArn
    ]),
    { head: ['Name', 'Architecture', 'Created', 'ARN'], empty: 'There are no imported models.' }
  );
}

/** One imported model. A time of a job's journal is text. */
export function modelView(
  model: Omit<ImportedModel, 'creationTime'> & { creationTime?: Date | string }
): View {
  const { instructSupported: chat, customModelUnits: units } = model;
  return keyValues([
    ['Name', model.modelName],
    ['ARN', model.modelArn],
    ['Architecture', model.modelArchitecture],
    ['Converse', chat === undefined ? undefined : chat ? 'yes' : 'no: no chat template known'],
    ['Custom model units', units?.perModelCopy],
    ['Created', minuteOf(model.creationTime)],
    ['Model files', model.s3Uri],
    ['Import job', model.jobName]
  ]);
}

function minuteOf(time: Date | string | undefined): string {
  return time === undefined ? '' : formatMinute(new Date(time));
}
