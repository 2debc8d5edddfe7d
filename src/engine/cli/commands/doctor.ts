import process from 'node:process';
import { worstVerdict } from '../../checks';
import { awsChecks } from '../doctor/awsChecks';
import { hostChecks } from '../doctor/hostChecks';
import { hubChecks } from '../doctor/hubChecks';
import { ExitCode } from '../exitCodes';
import type { Outcome, Session } from '../session';
import { checkSummary, isBlocked, printChecks } from '../text/checkLines';
import { version } from '../version';
import type { AddSubcommand } from './command';

export const addDoctorCommand: AddSubcommand = (program, run) => {
  program
    .command('doctor')
    .summary('whether everything an import needs is there')
    .description(
      'Looks at this machine, the hub and AWS: region, credentials, reachability, permissions, disk, ' +
        'proxies. Changes nothing and works without credentials. Exits with 3 when something blocks.'
    )
    .option('--bucket <bucket>', 'look at this bucket, too')
    .action((options: { bucket?: string }) => run(session => doctor(session, options.bucket)));
};

async function doctor(session: Session, bucket: string | undefined): Promise<Outcome> {
  session.progress.status('Looking at this machine, the hub and AWS');
  const environment = await session.environment();
  const [host, hub, aws] = await Promise.all([
    hostChecks(environment),
    hubChecks(environment, session.output.redactor, session.signal),
    awsChecks(session, environment, bucket)
  ]);
  session.progress.clear();
  const checks = [...host, ...hub, ...aws.checks];
  return {
    document: {
      verdict: worstVerdict(checks),
      version,
      runtime: { deno: process.versions.deno, node: process.versions.node },
      environment,
      identity: aws.identity,
      checks
    },
    exitCode: isBlocked(checks) ? ExitCode.blocked : ExitCode.done,
    print: to => {
      printChecks(to, checks);
      to.line();
      to.line(checkSummary(checks));
    }
  };
}
