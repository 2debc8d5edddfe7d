import {
  deleteImportedModel,
  getImportedModel,
  ImportedModel,
  listImportedModels
} from '../../bedrock';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { fieldLines, formatMinute, tableLines } from '../text/layout';
import { requireConfirmation } from '../confirmation';
import type { AddSubcommand } from './command';

export const addModelsCommand: AddSubcommand = (program, run) => {
  const models = program
    .command('models')
    .summary('list, show or delete imported models')
    .description('The imported models of the account in one Region.');
  models
    .command('list')
    .description('Lists the imported models.')
    .option('--name-contains <text>', 'only models whose name contains the text')
    .action((options: { nameContains?: string }) =>
      run(session => list(session, options.nameContains))
    );
  models
    .command('show')
    .description('Shows one imported model.')
    .argument('<model>', 'ARN or name of the imported model')
    .action((identifier: string) => run(session => show(session, identifier)));
  models
    .command('delete')
    .description('Deletes an imported model from Bedrock. Its files in S3 stay.')
    .argument('<model>', 'ARN or name of the imported model')
    .option('-y, --yes', 'do not ask')
    .action((identifier: string, options: { yes?: boolean }) =>
      run(session => remove(session, identifier, options.yes === true))
    );
};

async function list(session: Session, nameContains: string | undefined): Promise<Outcome> {
  const aws = await session.aws();
  const models = await listImportedModels(aws, { nameContains, signal: session.signal });
  return {
    document: { region: aws.region, models },
    print: to => {
      if (models.length === 0) {
        to.line(`No imported models in ${aws.region}.`);
        return;
      }
      to.lines(
        tableLines(
          models.map(model => [
            model.modelName,
            model.modelArchitecture ?? '',
            minuteOf(model.creationTime),
            model.modelArn
          ]),
          { head: ['Name', 'Architecture', 'Created', 'ARN'] }
        )
      );
    }
  };
}

async function show(session: Session, identifier: string): Promise<Outcome> {
  const aws = await session.aws();
  const model = await getImportedModel(aws, identifier, { signal: session.signal });
  return { document: model, print: to => printModel(to, model) };
}

async function remove(session: Session, identifier: string, yes: boolean): Promise<Outcome> {
  const aws = await session.aws();
  const model = await getImportedModel(aws, identifier, { signal: session.signal });
  session.words.line('This imported model will be deleted from Bedrock:');
  printModel(session.words, model, 2);
  session.words.line(
    'It cannot be asked any more, and its storage is no longer billed. Its files in S3 stay.'
  );
  const refused = await requireConfirmation(session, {
    yes,
    question: 'Delete it?',
    what: 'Deleting an imported model'
  });
  if (refused) {
    return { document: { model }, error: refused };
  }
  await deleteImportedModel(aws, model.modelArn, { signal: session.signal });
  return {
    document: { deleted: true, model },
    print: to => to.line(`Deleted ${model.modelName}.`)
  };
}

export function printModel(to: Printer, model: ImportedModel, indent = 0): void {
  to.lines(
    fieldLines(
      [
        ['Name', model.modelName],
        ['ARN', model.modelArn],
        ['Architecture', model.modelArchitecture],
        ['Chat', chatSupport(model.instructSupported)],
        ['Model units', model.customModelUnits?.perModelCopy],
        ['Units version', model.customModelUnits?.version],
        ['Created', minuteOf(model.creationTime)],
        ['Files', model.s3Uri],
        ['Import job', model.jobName]
      ],
      indent
    )
  );
}

function chatSupport(supported: boolean | undefined): string | undefined {
  return supported === undefined ? undefined : supported ? 'yes' : 'no chat template known';
}

/** A time of a job's journal is text. */
function minuteOf(date: Date | string | undefined): string {
  return date === undefined ? '' : formatMinute(new Date(date));
}
