import { usageError } from '../exitCodes';
import type { AddSubcommand } from './command';

export const addSandboxCommand: AddSubcommand = (program, run) => {
  program
    .command('sandbox')
    .summary('start a hub, S3 and Bedrock on this machine to try everything out')
    .description(
      'Starts a hub, S3, Bedrock, IAM and STS on this machine and prints the variables that plug them ' +
        'in. Nothing leaves the machine, nothing costs anything. It runs until it is stopped.'
    )
    .argument('[options...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(() =>
      run(async () => {
        throw usageError({
          code: 'SANDBOX_SEPARATE',
          message: 'The sandbox is a program of its own, which the engine never loads.',
          nextStep: 'Start it with the installed command: bedrock-import sandbox.'
        });
      })
    );
};
