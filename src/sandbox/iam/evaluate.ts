import { asList, type PolicyDocument, type PolicyStatement } from './policyDocument';
import { matchesArn, matchesWildcard } from './wildcard';

/** Who asks, for the policies of a role's trust; each kind as a policy's Principal names it. */
export interface Principal {
  service?: string;
  /** ARNs that stand for the caller: its own, its role's and its account's root. */
  aws?: readonly string[];
}

export interface AccessRequest {
  /** Such as `s3:GetObject`. */
  action: string;
  /** An ARN, or `*` for an action without one. Not looked at in a trust policy. */
  resource?: string;
  /** Values of condition keys; keys are compared without regard to case. */
  context?: Readonly<Record<string, string | string[]>>;
  principal?: Principal;
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

export interface NamedPolicy {
  /** Such as `role_Name_PolicyName`, as the policy simulator calls an inline policy. */
  id: string;
  document: PolicyDocument;
}

export interface Evaluation {
  decision: Decision;
  /** Ids of the policies with a statement that decided. */
  matched: string[];
  /** Condition keys that a statement asked for and the request did not have. */
  missingContext: string[];
}

/**
 * The IAM evaluation of identity policies of one account: an explicit deny wins, then an allow, else
 * an implicit deny (IAM User Guide, "Policy evaluation logic"). Without permissions boundaries,
 * session policies, service control policies and policy variables.
 */
export function evaluatePolicies(
  policies: readonly NamedPolicy[],
  request: AccessRequest
): Evaluation {
  const context = new Map(
    Object.entries(request.context ?? {}).map(([key, value]) => [key.toLowerCase(), asList(value)])
  );
  const missing = new Set<string>();
  const allowing: string[] = [];
  const denying: string[] = [];
  for (const { id, document } of policies) {
    for (const statement of document.Statement) {
      if (statementApplies(statement, request, context, missing)) {
        (statement.Effect === 'Deny' ? denying : allowing).push(id);
      }
    }
  }
  const matched = [...new Set(denying.length > 0 ? denying : allowing)];
  return {
    decision:
      denying.length > 0 ? 'explicitDeny' : allowing.length > 0 ? 'allowed' : 'implicitDeny',
    matched,
    missingContext: [...missing]
  };
}

function statementApplies(
  statement: PolicyStatement,
  request: AccessRequest,
  context: ReadonlyMap<string, string[]>,
  missing: Set<string>
): boolean {
  const action = request.action.toLowerCase();
  const actionMatches = (pattern: string) => matchesWildcard(pattern.toLowerCase(), action);
  const resource = request.resource ?? '*';
  const resourceMatches = (pattern: string) =>
    pattern === '*' || matchesWildcard(pattern, resource);
  return (
    listApplies(statement.Action, statement.NotAction, actionMatches) &&
    // A trust policy names no resource: the role itself is meant.
    (statement.Principal !== undefined ||
      listApplies(statement.Resource, statement.NotResource, resourceMatches)) &&
    principalApplies(statement.Principal, request.principal) &&
    conditionsHold(statement, context, missing)
  );
}

function listApplies(
  wanted: string | string[] | undefined,
  unwanted: string | string[] | undefined,
  matches: (pattern: string) => boolean
): boolean {
  return wanted !== undefined ? asList(wanted).some(matches) : !asList(unwanted).some(matches);
}

function principalApplies(
  wanted: PolicyStatement['Principal'],
  principal: Principal | undefined
): boolean {
  if (wanted === undefined) {
    return principal === undefined;
  }
  if (principal === undefined) {
    return false;
  }
  if (wanted === '*') {
    return true;
  }
  const names = principal.aws ?? [];
  return (
    (principal.service !== undefined && asList(wanted.Service).includes(principal.service)) ||
    asList(wanted.AWS).some(name => (name === '*' ? names.length > 0 : names.includes(name)))
  );
}

type Comparison = (pattern: string, value: string) => boolean;

const ignoringCase =
  (compare: Comparison): Comparison =>
  (pattern, value) =>
    compare(pattern.toLowerCase(), value.toLowerCase());
const equal: Comparison = (pattern, value) => pattern === value;

/** The operators of this project's policies and their opposites; `negated` ones hold on a missing key. */
const OPERATORS: Readonly<Record<string, { compare: Comparison; negated: boolean }>> = {
  stringequals: { compare: equal, negated: false },
  stringnotequals: { compare: equal, negated: true },
  stringequalsignorecase: { compare: ignoringCase(equal), negated: false },
  stringnotequalsignorecase: { compare: ignoringCase(equal), negated: true },
  stringlike: { compare: matchesWildcard, negated: false },
  stringnotlike: { compare: matchesWildcard, negated: true },
  arnequals: { compare: matchesArn, negated: false },
  arnlike: { compare: matchesArn, negated: false },
  arnnotequals: { compare: matchesArn, negated: true },
  arnnotlike: { compare: matchesArn, negated: true },
  bool: { compare: ignoringCase(equal), negated: false }
};

function conditionsHold(
  statement: PolicyStatement,
  context: ReadonlyMap<string, string[]>,
  missing: Set<string>
): boolean {
  let holds = true;
  for (const [operatorText, tests] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(tests)) {
      const patterns = asList<string | boolean | number>(wanted).map(String);
      const values = context.get(key.toLowerCase());
      if (values === undefined) {
        missing.add(key);
      }
      const outcome = conditionHolds(operatorText, patterns, values);
      // What cannot be judged must not let anybody in: a deny applies, an allow does not.
      holds &&= outcome ?? statement.Effect === 'Deny';
    }
  }
  return holds;
}

/** Undefined for an operator that this evaluator does not know. */
function conditionHolds(
  operatorText: string,
  patterns: readonly string[],
  values: readonly string[] | undefined
): boolean | undefined {
  const [, quantifier, name, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/i.exec(operatorText) ?? [];
  const lower = (name ?? '').toLowerCase();
  if (lower === 'null') {
    return (values === undefined) === (patterns[0] === 'true');
  }
  const operator = OPERATORS[lower];
  if (operator === undefined) {
    return undefined;
  }
  if (values === undefined || values.length === 0) {
    return (
      ifExists !== undefined || operator.negated || quantifier?.toLowerCase() === 'forallvalues'
    );
  }
  const matches = (value: string) =>
    patterns.some(pattern => operator.compare(pattern, value)) !== operator.negated;
  return quantifier?.toLowerCase() === 'foranyvalue' ? values.some(matches) : values.every(matches);
}
