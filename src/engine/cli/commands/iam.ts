import { InvalidArgumentError } from 'commander';
import { getCallerIdentity } from '../../environment';
import { importRolePolicy, importRoleTrustPolicy, notebookPolicy, PolicyInputs } from '../../iam';
import type { Outcome, Session } from '../session';
import { wrapLines } from '../text/layout';
import type { AddSubcommand } from './command';

interface PoliciesOptions {
  bucket: string;
  role?: string;
  prefix?: string;
  account?: string;
  alsoSagemaker?: boolean;
  createRole?: boolean;
  createBucket?: boolean;
}

export const addIamCommand: AddSubcommand = (program, run) => {
  const iam = program
    .command('iam')
    .summary('the policies that an import needs')
    .description('The permissions that an import needs, filled in. Changes nothing.');
  iam
    .command('policies')
    .description(
      'Prints the trust policy and the permissions of the import role, and the permissions of the ' +
        'notebook’s own role, filled in for the account, the Region, the bucket and the role.'
    )
    .requiredOption('--bucket <bucket>', 'bucket that holds the model')
    .option('--role <arn>', 'import role that the notebook may pass to Bedrock')
    .option('--prefix <prefix>', 'key prefix in the bucket')
    .option('--account <id>', 'account number (default: that of the credentials)', accountNumber)
    .option('--create-role', 'let the notebook create the import role, too')
    .option('--create-bucket', 'let the notebook create the bucket, too')
    .option('--also-sagemaker', 'trust SageMaker too, for one role that serves both')
    .action((options: PoliciesOptions) => run(session => policies(session, options)));
};

async function policies(session: Session, options: PoliciesOptions): Promise<Outcome> {
  const inputs = await policyInputs(session, options);
  const trust = importRoleTrustPolicy({ ...inputs, alsoSageMaker: options.alsoSagemaker });
  const documents = {
    importRoleTrust: trust,
    importRole: importRolePolicy(inputs),
    notebook: notebookPolicy({
      ...inputs,
      manageImportRole: options.createRole,
      createBucket: options.createBucket
    })
  };
  const sections = [
    ['Trust policy of the import role: lets Bedrock take the role.', documents.importRoleTrust],
    ['Permissions of the import role: let Bedrock read the model’s files.', documents.importRole],
    ['Permissions of the role that runs this command or the notebook.', documents.notebook]
  ] as const;
  return {
    document: { ...inputs, policies: documents },
    print: to => {
      sections.forEach(([title, document], index) => {
        if (index > 0) {
          to.line();
        }
        to.lines(wrapLines(title, to.columns));
        to.block(`${JSON.stringify(document, null, 2)}\n`);
      });
    }
  };
}

async function policyInputs(session: Session, options: PoliciesOptions): Promise<PolicyInputs> {
  const { region } = await session.aws();
  const { account, partition } =
    options.account === undefined
      ? await getCallerIdentity(await session.aws(), { signal: session.signal })
      : { account: options.account, partition: undefined };
  return {
    account,
    partition,
    region,
    bucket: options.bucket,
    prefix: options.prefix,
    roleArn: options.role
  };
}

function accountNumber(text: string): string {
  if (!/^\d{12}$/.test(text)) {
    throw new InvalidArgumentError('An account number has 12 digits.');
  }
  return text;
}
