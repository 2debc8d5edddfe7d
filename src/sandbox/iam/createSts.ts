import { RefusedError } from '../sigv4';
import type { SandboxHandler, SandboxState } from '../state';
import { evaluatePolicies } from './evaluate';
import { queryHandler, type QueryOperation } from './queryHandler';
import { openRoles, trustPolicyOf } from './roles';
import { openCredentials, type Caller } from './sessions';

/** STS of the sandbox: who am I, and temporary credentials of a role. */
export async function createSts(state: SandboxState): Promise<SandboxHandler> {
  const credentials = await openCredentials(state);
  const stored = await openRoles(state);
  const assumeRole: QueryOperation = async (input, caller) => {
    const roleArn = input.RoleArn as string;
    const sessionName = input.RoleSessionName as string;
    const seconds = (input.DurationSeconds as number | undefined) ?? 3600;
    const role = Object.values(stored.value.roles).find(({ arn }) => arn === roleArn);
    const trusted =
      role !== undefined &&
      evaluatePolicies([trustPolicyOf(role)], {
        action: 'sts:AssumeRole',
        principal: { aws: namesOf(caller, state.account) },
        context: { 'aws:PrincipalAccount': state.account }
      }).decision === 'allowed';
    if (!trusted) {
      // The same words for a role that does not exist, so that nobody can find roles by trying.
      throw new RefusedError(
        403,
        'AccessDenied',
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`
      );
    }
    if (seconds > role.maxSessionSeconds) {
      throw new RefusedError(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
      );
    }
    const arn = `arn:aws:sts::${state.account}:assumed-role/${role.name}/${sessionName}`;
    const userId = `${role.id}:${sessionName}`;
    const issued = await credentials.issue({ arn, userId, roleName: role.name, seconds });
    return {
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: issued.expiresAt.toISOString().replace(/\.\d+Z$/, 'Z')
      },
      AssumedRoleUser: { AssumedRoleId: userId, Arn: arn }
    };
  };
  return queryHandler({
    service: 'sts',
    state,
    credentials,
    operations: {
      GetCallerIdentity: (_, caller) => ({
        UserId: caller.userId,
        Account: state.account,
        Arn: caller.arn
      }),
      AssumeRole: assumeRole
    },
    // GetCallerIdentity needs no permission; AssumeRole asks the role's trust policy.
    authorize: () => undefined
  });
}

function namesOf(caller: Caller, account: string): string[] {
  const root = [account, `arn:aws:iam::${account}:root`, caller.arn];
  return caller.roleName === undefined
    ? root
    : [...root, `arn:aws:iam::${account}:role/${caller.roleName}`];
}
