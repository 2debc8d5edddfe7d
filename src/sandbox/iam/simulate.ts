import { RefusedError } from '../sigv4';
import { evaluatePolicies, type NamedPolicy } from './evaluate';
import { parsePolicyDocument } from './policyDocument';
import type { QueryInput } from './queryProtocol';
import { policiesOf, type StoredRole } from './roles';

interface ContextEntry {
  ContextKeyName?: string;
  ContextKeyValues?: string[];
}

/**
 * SimulatePrincipalPolicy for roles: each action on each resource by the role's inline policies and
 * the policies given in the call. Without resource policies and permissions boundaries.
 *
 * @throws RefusedError NoSuchEntity, InvalidInput.
 */
export function simulate(
  roles: Readonly<Record<string, StoredRole>>,
  input: QueryInput
): Readonly<Record<string, unknown>> {
  const arn = input.PolicySourceArn as string;
  const role = Object.values(roles).find(candidate => candidate.arn === arn);
  if (role === undefined) {
    throw /:role\//.test(arn)
      ? new RefusedError(404, 'NoSuchEntity', `The role with ARN ${arn} cannot be found.`)
      : new RefusedError(400, 'InvalidInput', `Invalid Entity Arn: ${arn}`);
  }
  const given = (input.PolicyInputList as string[] | undefined) ?? [];
  const policies: NamedPolicy[] = [
    ...policiesOf(role),
    ...given.map((text, index) => ({
      id: `PolicyInputList.${index + 1}`,
      document: parsePolicyDocument(text, 'permissions')
    }))
  ];
  const context = Object.fromEntries(
    ((input.ContextEntries as ContextEntry[] | undefined) ?? []).map(entry => [
      entry.ContextKeyName ?? '',
      entry.ContextKeyValues ?? []
    ])
  );
  const resources = (input.ResourceArns as string[] | undefined) ?? ['*'];
  const results = (input.ActionNames as string[]).flatMap(action =>
    resources.map(resource => {
      const { decision, matched, missingContext } = evaluatePolicies(policies, {
        action,
        resource,
        context
      });
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decision,
        MatchedStatements: matched.map(id => ({
          SourcePolicyId: id,
          SourcePolicyType: id.startsWith('PolicyInputList') ? 'none' : 'role'
        })),
        MissingContextValues: missingContext
      };
    })
  );
  return { EvaluationResults: results, IsTruncated: false };
}
