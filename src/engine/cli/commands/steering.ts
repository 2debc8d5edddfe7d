import type { Command } from 'commander';

import { getSteering, steer, unsteer } from '../../steering';
import type { SteeredVariable, SteeringFacts, SteeringPlace } from '../../steering';
import { requireConfirmation } from '../confirmation';
import { usageError } from '../exitCodes';
import type { Printer } from '../output';
import type { Outcome, Session } from '../session';
import { fieldLines, pointLines, tableLines } from '../text/layout';
import type { RunSubcommand } from './command';

const WIDEST_TEXT = 100;

interface SteerOptions {
  yes?: boolean;
  script?: boolean;
}

/** Adds `steer` and `unsteer` to the group `cache`. */
export function addSteeringCommands(cache: Command, run: RunSubcommand): void {
  cache
    .command('steer')
    .summary('keep caches and temporary files on the disk that lasts')
    .description(
      'Leads the Hugging Face caches and temporary files of new kernels and terminals to folders under ' +
        'the JupyterLab root, as far as they do not lie on its disk already. The login of the hub is kept. ' +
        'Shows what changes before it asks; "cache unsteer" undoes it.'
    )
    .option('--script', 'print an on-start script for a Notebook Instance, and change nothing')
    .option('-y, --yes', 'do not ask')
    .action((options: SteerOptions) =>
      run(session => (options.script === true ? printScript(session) : switchOn(session, options)))
    );
  cache
    .command('unsteer')
    .summary('undo "cache steer"')
    .description(
      'New kernels and terminals get the variables again that the Jupyter server was started with. ' +
        'Folders and files stay where they are.'
    )
    .option('-y, --yes', 'do not ask')
    .action((options: SteerOptions) => run(session => switchOff(session, options)));
}

async function placeOf(session: Session): Promise<SteeringPlace> {
  return { environment: await session.environment() };
}

async function printScript(session: Session): Promise<Outcome> {
  const { environment } = await placeOf(session);
  const { lifecycleScript } = await getSteering({ environment });
  if (lifecycleScript === undefined) {
    throw usageError({
      code: 'STEERING_NO_SCRIPT',
      message: `On this host (${environment.hostLabel}) no on-start script is needed or possible.`,
      nextStep: 'Run "bedrock-import cache steer", which is followed at every start of the server.'
    });
  }
  return {
    document: { lifecycleScript },
    print: to => to.block(lifecycleScript)
  };
}

async function switchOn(session: Session, { yes }: SteerOptions): Promise<Outcome> {
  const place = await placeOf(session);
  const before = await getSteering(place);
  if (!before.needed) {
    return {
      document: { changed: false, ...before },
      print: to => {
        printVariables(to, before);
        to.line();
        to.line(
          before.on ? 'Steering is on; there is nothing to change.' : 'There is nothing to change.'
        );
        printNotes(to, before);
      }
    };
  }
  printVariables(session.words, before);
  session.words.line();
  printNotes(session.words, before);
  const refused = await requireConfirmation(session, {
    yes: yes === true,
    question: 'Steer them so?',
    what: 'Steering caches and temporary files'
  });
  if (refused) {
    return { document: { changed: false, ...before }, error: refused };
  }
  const after = await steer(place);
  return {
    document: { changed: true, ...after },
    print: to => {
      to.line();
      to.line(`Steering is on, kept in ${after.file}.`);
      to.line('This terminal keeps its old values; a new one has the new values.');
    }
  };
}

async function switchOff(session: Session, { yes }: SteerOptions): Promise<Outcome> {
  const place = await placeOf(session);
  // A file that cannot be read is ended by this, too, so it must not stand in the way.
  const before = await getSteering(place).catch(() => undefined);
  if (before?.on === false) {
    return {
      document: { changed: false, ...before },
      print: to => to.line('Steering is off already.')
    };
  }
  if (before !== undefined) {
    session.words.line('New kernels and terminals no longer get:');
    session.words.lines(
      fieldLines(
        before.variables.flatMap(({ name, now }) => (now === undefined ? [] : [[name, now]])),
        2
      )
    );
  }
  session.words.line('Folders and files stay where they are.');
  const refused = await requireConfirmation(session, {
    yes: yes === true,
    question: 'End the steering?',
    what: 'Ending the steering'
  });
  if (refused) {
    return { document: { changed: false, ...before }, error: refused };
  }
  const after = await unsteer(place);
  return {
    document: { changed: true, ...after },
    print: to => to.line('Steering is off. Kernels and terminals that run keep their values.')
  };
}

function printVariables(to: Printer, { variables }: SteeringFacts): void {
  to.lines(
    tableLines(
      variables.map(variable => [variable.name, variable.folderNow, changeText(variable)]),
      { head: ['Variable', 'Writes to now', 'Steered'] }
    )
  );
}

function changeText({ change, steered, lasts }: SteeredVariable): string {
  switch (change) {
    case 'set':
      return `-> ${steered ?? ''}`;
    case 'unset':
      return 'is taken away';
    case 'none':
      return lasts ? 'stays: it lasts' : 'stays';
  }
}

function printNotes(to: Printer, { notes }: SteeringFacts): void {
  for (const note of notes) {
    to.lines(pointLines(note, Math.min(to.columns, WIDEST_TEXT)));
  }
}
