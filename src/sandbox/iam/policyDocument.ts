import { RefusedError } from '../sigv4';

export interface PolicyStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | Record<string, string | string[]>;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[] | boolean | number>>;
}

export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: PolicyStatement[];
}

/** A trust policy says who may assume the role; a permissions policy what the role may do. */
export type PolicyKind = 'trust' | 'permissions';

const malformed = (message: string) => new RefusedError(400, 'MalformedPolicyDocument', message);

export const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/**
 * Reads a policy document and refuses what IAM refuses, in its words as far as they are known from
 * public reports.
 *
 * @throws RefusedError MalformedPolicyDocument.
 */
export function parsePolicyDocument(text: string, kind: PolicyKind): PolicyDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw malformed('Syntax errors in policy.');
  }
  const document = parsed as { Version?: unknown; Statement?: unknown };
  if (document.Statement === undefined) {
    throw malformed('Missing required field Statement');
  }
  if (
    document.Version !== undefined &&
    document.Version !== '2012-10-17' &&
    document.Version !== '2008-10-17'
  ) {
    throw malformed('Syntax errors in policy.');
  }
  const statements = asList(document.Statement);
  if (statements.length === 0) {
    throw malformed('Syntax errors in policy.');
  }
  statements.forEach(statement => checkStatement(statement, kind));
  return { ...document, Statement: statements as PolicyStatement[] } as PolicyDocument;
}

const FIELDS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition'
];

function checkStatement(value: unknown, kind: PolicyKind): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('Syntax errors in policy.');
  }
  const statement = value as Record<string, unknown>;
  const unknownField = Object.keys(statement).find(field => !FIELDS.includes(field));
  if (unknownField !== undefined) {
    throw malformed('Syntax errors in policy.');
  }
  if (statement.Effect === undefined) {
    throw malformed('Missing required field Effect');
  }
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw malformed(`Invalid effect: ${JSON.stringify(statement.Effect)}`);
  }
  const actions = textList(statement.Action ?? statement.NotAction);
  if (actions.length === 0) {
    throw malformed(
      kind === 'trust' ? 'Missing required field Action' : 'Policy statement must contain actions.'
    );
  }
  checkCondition(statement.Condition);
  if (kind === 'trust') {
    checkTrust(statement, actions);
  } else {
    checkPermissions(statement, actions);
  }
}

function checkTrust(statement: Record<string, unknown>, actions: readonly string[]): void {
  for (const field of ['Resource', 'NotResource']) {
    if (statement[field] !== undefined) {
      throw malformed(`Has prohibited field ${field}`);
    }
  }
  if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
    throw malformed('Missing required field Principal');
  }
  if (actions.some(action => action !== '*' && !/^sts:/i.test(action))) {
    throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
  }
  const principal = statement.Principal;
  if (typeof principal === 'object' && principal !== null) {
    for (const service of textList((principal as Record<string, unknown>).Service)) {
      if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/.test(service)) {
        throw malformed(`Invalid principal in policy: "SERVICE":"${service}"`);
      }
    }
  } else if (principal !== '*' && principal !== undefined) {
    throw malformed('Syntax errors in policy.');
  }
}

function checkPermissions(statement: Record<string, unknown>, actions: readonly string[]): void {
  if (statement.Principal !== undefined || statement.NotPrincipal !== undefined) {
    throw malformed('Policy document should not specify a principal.');
  }
  if (actions.some(action => action !== '*' && !/^[a-z0-9-]+:[A-Za-z0-9*?]+$/i.test(action))) {
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  const resources = textList(statement.Resource ?? statement.NotResource);
  if (resources.length === 0) {
    throw malformed('Policy statement must contain resources.');
  }
  const wrong = resources.find(resource => resource !== '*' && !resource.startsWith('arn:'));
  if (wrong !== undefined) {
    throw malformed(`Resource ${wrong} must be in ARN format or "*".`);
  }
}

function checkCondition(condition: unknown): void {
  if (condition === undefined) {
    return;
  }
  const isMap = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(condition) || !Object.values(condition as object).every(isMap)) {
    throw malformed('Syntax errors in policy.');
  }
}

function textList(value: unknown): string[] {
  const list = asList(value);
  if (list.some(item => typeof item !== 'string')) {
    throw malformed('Syntax errors in policy.');
  }
  return list as string[];
}
