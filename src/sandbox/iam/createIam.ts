import { RefusedError } from '../sigv4';
import type { SandboxHandler, SandboxState } from '../state';
import { evaluatePolicies, type AccessRequest, type Decision, type Principal } from './evaluate';
import { queryHandler } from './queryHandler';
import { roleOperations } from './roleOperations';
import { openRoles, policiesOf, trustPolicyOf, type StoredRole } from './roles';
import { openCredentials, type Caller, type CredentialDirectory } from './sessions';

export interface Iam extends SandboxHandler {
  /** Every key that the sandbox accepts, for `verifySigV4` of all services. */
  readonly credentials: CredentialDirectory;
  getRole(arn: string): StoredRole | undefined;
  /** Whether the trust policy of the role lets `principal` assume it. */
  mayAssume(role: StoredRole, principal: Principal, context?: AccessRequest['context']): boolean;
  /** What the role's own policies say. */
  evaluateRole(role: StoredRole, request: AccessRequest): Decision;
  /**
   * Whether the caller may do this. The sandbox's own user may do everything; the session of a role
   * what the role's policies allow.
   *
   * @throws RefusedError with `code`, in the words that AWS uses for a denied action.
   */
  authorize(caller: Caller, request: AccessRequest, code?: string): void;
}

/** IAM of the sandbox: roles and their inline policies, kept in `iam.json`. */
export async function createIam(state: SandboxState): Promise<Iam> {
  const credentials = await openCredentials(state);
  const stored = await openRoles(state);
  // The ids of the role and the user that exist from the start stay the same from now on.
  await stored.save();
  const roleList = () => Object.values(stored.value.roles);
  const getRole = (arn: string) => roleList().find(role => role.arn === arn);
  const evaluateRole = (role: StoredRole, request: AccessRequest) =>
    evaluatePolicies(policiesOf(role), request).decision;
  const authorize: Iam['authorize'] = (caller, request, code = 'AccessDenied') => {
    if (caller.roleName === undefined) {
      return;
    }
    const role = roleList().find(({ name }) => name === caller.roleName);
    const decision = role === undefined ? 'implicitDeny' : evaluateRole(role, request);
    if (decision !== 'allowed') {
      throw new RefusedError(403, code, deniedMessage(caller, request, decision));
    }
  };
  const handler = queryHandler({
    service: 'iam',
    state,
    credentials,
    // IAM is global: its endpoint in the aws partition is signed for us-east-1 whatever the region
    // of the client is, and the SDKs do so for a custom endpoint only with the region they have.
    operations: roleOperations(state, stored),
    authorize: (caller, action, input) => {
      const resource =
        typeof input.RoleName === 'string'
          ? `arn:aws:iam::${state.account}:role/${input.RoleName}`
          : '*';
      authorize(caller, { action: `iam:${action}`, resource });
    }
  });
  return Object.assign(handler, {
    credentials,
    getRole,
    mayAssume: (role: StoredRole, principal: Principal, context?: AccessRequest['context']) =>
      evaluatePolicies([trustPolicyOf(role)], { action: 'sts:AssumeRole', principal, context })
        .decision === 'allowed',
    evaluateRole,
    authorize
  });
}

function deniedMessage(caller: Caller, request: AccessRequest, decision: Decision): string {
  const resource = request.resource ?? '*';
  const because =
    decision === 'explicitDeny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${request.action} action`;
  return `User: ${caller.arn} is not authorized to perform: ${request.action} on resource: ${resource} ${because}`;
}
