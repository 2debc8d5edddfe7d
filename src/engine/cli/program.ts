import { Command } from 'commander';
import { addAskCommand } from './commands/ask';
import { addCacheCommand } from './commands/cache';
import type { RunSubcommand } from './commands/command';
import { addCopyCommand } from './commands/copy';
import { addDiskCommand } from './commands/disk';
import { addDoctorCommand } from './commands/doctor';
import { addIamCommand } from './commands/iam';
import { addImportCommand } from './commands/import';
import { addInspectCommand } from './commands/inspect';
import { addJobsCommand } from './commands/jobs';
import { addModelsCommand } from './commands/models';
import { addSandboxCommand } from './commands/sandbox';
import { addTrashCommand } from './commands/trash';
import { addUploadsCommand } from './commands/uploads';
import { version } from './version';

const ADDERS = [
  addDoctorCommand,
  addInspectCommand,
  addDiskCommand,
  addTrashCommand,
  addCacheCommand,
  addUploadsCommand,
  addCopyCommand,
  addImportCommand,
  addJobsCommand,
  addModelsCommand,
  addAskCommand,
  addIamCommand,
  addSandboxCommand
];

const AFTER_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check blocks, 130 stopped before the end.
With --json: one JSON document on stdout at the end, progress on stderr.
Settings come from the usual variables: AWS_REGION, AWS_PROFILE, HF_TOKEN, HTTPS_PROXY,
AWS_ENDPOINT_URL, HF_ENDPOINT, ...`;

/** The command's grammar; nothing is made or looked up until a subcommand runs. */
export function createProgram(options: {
  run: RunSubcommand;
  writeOut: (text: string) => void;
  writeErr: (text: string) => void;
  columns: number;
}): Command {
  const program = new Command('bedrock-import')
    .description('From a model’s name on the hub to an answering model on Amazon Bedrock.')
    .version(version, '-V, --version', 'print the version')
    .option('--json', 'print one JSON document instead of text')
    .option(
      '--region <region>',
      'AWS Region (default: AWS_REGION, then the profile’s, then the host’s)'
    )
    .option('--debug', 'print the stack of an unexpected error')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a subcommand')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: options.writeOut,
      writeErr: options.writeErr,
      getOutHelpWidth: () => options.columns,
      getErrHelpWidth: () => options.columns,
      // The error is printed once, with the others.
      outputError: () => undefined
    })
    .showSuggestionAfterError(true)
    .addHelpText('after', AFTER_HELP)
    .exitOverride();
  for (const add of ADDERS) {
    add(program, options.run);
  }
  return program;
}
