import { BedrockImportError, checkImportRole, listImportRoles } from '../../engine';
import type { CallerIdentity, Check, ImportRole } from '../../engine';
import { displayedAs, keyValues, note, stack, table, View, withCellSignal } from '../display';
import type { Displayed } from '../display';
import { identitiesPicture } from '../picture';
import { currentSession } from '../session';
import { checksTable } from '../views';
import { policyInputs, sessionIdentity } from './policyInputs';

/** The two identities of an import. */
export interface ActingIdentities {
  /** As whom cells call AWS: on SageMaker, the execution role. */
  notebook: CallerIdentity;
  /** ARN of the role that Bedrock reads the bucket with. */
  importRole?: string;
  /** One role is both. */
  shared: boolean;
  /** What was found about the import role; empty without one. */
  checks: Check[];
  /** Roles of the account that Bedrock may assume; missing where they may not be listed. */
  importRoles?: ImportRole[];
}

/**
 * Looks who acts in an import: the notebook's own identity, and the role that Bedrock assumes. Shown as a
 * picture. Changes nothing.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `BUCKET_MISSING`, and what makes every call fail
 */
export async function whoActs(
  options: { signal?: AbortSignal } = {}
): Promise<ActingIdentities & Displayed> {
  const { context, roleArn } = currentSession();
  const signal = withCellSignal(options.signal);
  const inputs = await policyInputs({ signal });
  const notebook = await sessionIdentity(signal);
  const checks =
    roleArn === undefined ? [] : await checkImportRole(context.aws, { ...inputs, roleArn, signal });
  const importRoles = await listed(signal);
  const who: ActingIdentities = {
    notebook,
    ...(roleArn === undefined ? {} : { importRole: roleArn }),
    shared: roleArn !== undefined && sameRole(notebook, roleArn),
    checks,
    ...(importRoles === undefined ? {} : { importRoles })
  };
  return displayedAs(who, () => whoView(who, inputs.bucket));
}

/** A list is a help, and not everybody may have it. */
async function listed(signal: AbortSignal | undefined): Promise<ImportRole[] | undefined> {
  const { aws } = currentSession().context;
  const { account, partition } = await sessionIdentity(signal);
  try {
    return await listImportRoles(aws, { account, partition, signal });
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'ACCESS_DENIED') {
      return undefined;
    }
    throw error;
  }
}

/** STS leaves out the path of a role, so names are compared; within an account they are unique. */
function sameRole({ account, roleName }: CallerIdentity, roleArn: string): boolean {
  return (
    roleName !== undefined &&
    roleArn.split(':')[4] === account &&
    roleArn.split('/').at(-1) === roleName
  );
}

function whoView(who: ActingIdentities, bucket: string): View {
  const { notebook, importRole, shared, checks, importRoles } = who;
  const picture = identitiesPicture({
    notebook: notebook.roleName ?? notebook.arn.split('/').at(-1) ?? notebook.arn,
    importRole: importRole?.split('/').at(-1),
    bucket,
    shared
  });
  const words = stack(
    keyValues([
      ['1. The notebook acts as', notebook.arn],
      ['2. Bedrock acts as', importRole ?? 'no role yet'],
      ['One role for both', importRole === undefined ? undefined : shared ? 'yes' : 'no']
    ]),
    checks.length > 0 && checksTable(checks),
    importRoles === undefined
      ? note('Roles may not be listed here (iam:ListRoles); that is no harm.', { tone: 'faint' })
      : table(
          importRoles.map(({ roleName, roleArn }) => [roleName, roleArn]),
          {
            head: ['Roles that Bedrock may assume', 'ARN'],
            empty: 'No role of this account lets Bedrock assume it yet.'
          }
        )
  );
  const { html, text } = stack(picture, words);
  return new View(html, text, picture.svg);
}
