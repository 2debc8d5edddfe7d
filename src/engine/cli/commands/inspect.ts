import { worstVerdict } from '../../checks';
import { formatBytes } from '../../disk';
import type { ModelInspection } from '../../model';
import { ExitCode } from '../exitCodes';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { openModel, SOURCE_ARGUMENT } from '../source';
import { checkSummary, isBlocked, printChecks } from '../text/checkLines';
import { counted, fieldLines, tableLines } from '../text/layout';
import type { AddSubcommand } from './command';

export const addInspectCommand: AddSubcommand = (program, run) => {
  program
    .command('inspect')
    .summary('what a model is, and whether Bedrock would take it')
    .description(
      'Reads a model’s listing and small files: facts, checks, the files that an import takes or ' +
        'leaves out, and its chat templates. Changes nothing. Exits with 3 when a check blocks.'
    )
    .argument('<source>', SOURCE_ARGUMENT)
    .option('--show-template', 'print the chat template that counts')
    .action((model: string, options: { showTemplate?: boolean }) =>
      run(session => inspect(session, model, options.showTemplate === true))
    );
};

async function inspect(session: Session, text: string, showTemplate: boolean): Promise<Outcome> {
  const { inspection } = await openModel(session, text);
  return {
    document: inspectionDocument(inspection),
    exitCode: isBlocked(inspection.checks) ? ExitCode.blocked : ExitCode.done,
    print: to => {
      printInspection(to, inspection);
      if (showTemplate && inspection.chatTemplate.effective) {
        to.line();
        to.line(`Chat template of ${inspection.chatTemplate.effective.path}:`);
        to.block(`${inspection.chatTemplate.effective.template}\n`);
      }
    }
  };
}

/** Everything but the raw texts, which would drown the rest. */
export function inspectionDocument(inspection: ModelInspection): object {
  const { texts, selection, model, ...facts } = inspection;
  const { files, leftOut: _passedOver, checks: _ofListing, ...modelFacts } = model;
  return {
    ...facts,
    model: { ...modelFacts, fileCount: files.length },
    taken: selection.taken,
    leftOut: selection.leftOut,
    totalBytes: selection.totalBytes,
    filesRead: Object.keys(texts),
    verdict: worstVerdict(inspection.checks)
  };
}

function printInspection(to: Printer, inspection: ModelInspection): void {
  const { model, selection, chatTemplate } = inspection;
  to.lines(
    fieldLines([
      ['Model', model.id],
      ['Commit', model.commitSha],
      ['Revision', model.requestedRevision],
      ['Licence', model.license ?? 'not stated'],
      ['Access', accessOf(model)],
      ['Changed', model.lastModified?.toISOString().slice(0, 10)],
      ['Architecture', inspection.architecture ?? 'unknown'],
      ['Model type', inspection.modelType],
      ['Data type', inspection.torchDtype],
      ['Parameters', inspection.parameters?.toLocaleString('en-US')],
      ['Context', inspection.contextLength && `${inspection.contextLength} tokens`],
      ['Weights', formatBytes(inspection.weightsBytes)],
      [
        'To copy',
        `${formatBytes(selection.totalBytes)} in ${counted(selection.taken.length, 'file')}`
      ]
    ])
  );
  to.line();
  printTemplates(to, chatTemplate);
  to.line();
  to.line('Files that an import takes:');
  to.lines(fileTable(selection.taken.map(file => [file.path, formatBytes(file.sizeBytes)])));
  if (selection.leftOut.length > 0) {
    to.line();
    to.line('Files that are left out:');
    to.lines(
      fileTable(
        selection.leftOut.map(file => [file.path, formatBytes(file.sizeBytes), file.reason])
      )
    );
  }
  to.line();
  printChecks(to, inspection.checks);
  to.line();
  to.line(checkSummary(inspection.checks));
}

function accessOf(model: ModelInspection['model']): string | undefined {
  if (model.gated === undefined) {
    return undefined;
  }
  const gate = { auto: 'gated (licence to accept)', manual: 'gated (granted by hand)' };
  const reach = model.private ? 'private' : 'public';
  return model.gated === false ? reach : `${reach}, ${gate[model.gated]}`;
}

function printTemplates(to: Printer, reading: ModelInspection['chatTemplate']): void {
  if (reading.places.length === 0) {
    to.line('Chat template: none found.');
  } else {
    to.line('Chat templates:');
  }
  to.lines(
    tableLines(
      reading.places.map(place => [
        place.path,
        place.name ?? '',
        counted(place.template.length, 'character'),
        isEffective(reading, place) ? 'this one counts' : ''
      ]),
      { columns: ['left', 'left', 'right', 'left'], indent: 2 }
    )
  );
  reading.problems.forEach(problem => to.line(`  ${problem}`));
}

function isEffective(
  reading: ModelInspection['chatTemplate'],
  place: ModelInspection['chatTemplate']['places'][number]
): boolean {
  return reading.effective?.path === place.path && reading.effective.name === place.name;
}

export function fileTable(rows: ReadonlyArray<readonly string[]>): string[] {
  return tableLines(rows, { columns: ['left', 'right', 'left'], indent: 2 });
}
