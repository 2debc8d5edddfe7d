const BEDROCK = 'bedrock.amazonaws.com';

/** What a role's trust policy means for an import of one account and Region. */
export interface TrustReading {
  readable: boolean;
  /** Some statement names Bedrock and allows sts:AssumeRole. */
  namesBedrock: boolean;
  /** And its conditions fit import jobs of this account and Region, as far as we know them. */
  fits: boolean;
  /** One sentence when it does not fit. */
  problem?: string;
}

/**
 * Reads a trust policy as IAM returns it: URL-encoded JSON. Only a reading, not IAM's evaluation:
 * conditions that it does not know count as fitting.
 */
export function readTrustPolicy(
  encoded: string | undefined,
  expected: { account: string; region: string; partition?: string }
): TrustReading {
  const policy = decodePolicy(encoded);
  if (policy === undefined) {
    return { readable: false, namesBedrock: false, fits: false, problem: 'it cannot be read' };
  }
  const statements = asList(policy['Statement']).map(asRecord);
  const allowing = statements.filter(statement => allowsBedrock(statement, 'Allow'));
  if (allowing.length === 0) {
    return {
      readable: true,
      namesBedrock: false,
      fits: false,
      problem: `it does not let ${BEDROCK} assume the role`
    };
  }
  if (statements.some(statement => allowsBedrock(statement, 'Deny') && !hasCondition(statement))) {
    return { readable: true, namesBedrock: true, fits: false, problem: `it denies ${BEDROCK}` };
  }
  const problems = allowing.map(statement => conditionProblem(statement, expected));
  const problem = problems.find(found => found !== undefined);
  return problems.includes(undefined) || problem === undefined
    ? { readable: true, namesBedrock: true, fits: true }
    : { readable: true, namesBedrock: true, fits: false, problem };
}

/** A policy document of IAM's answers, URL-encoded or plain; undefined when it is neither. */
export function decodePolicy(encoded: string | undefined): Record<string, unknown> | undefined {
  if (encoded === undefined) {
    return undefined;
  }
  for (const decode of [(text: string) => text, decodeURIComponent]) {
    try {
      const value: unknown = JSON.parse(decode(encoded));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return asRecord(value);
      }
    } catch {
      continue;
    }
  }
  return undefined;
}

function allowsBedrock(statement: Record<string, unknown>, effect: string): boolean {
  const services = asList(asRecord(statement['Principal'])['Service']);
  const actions = asList(statement['Action']).map(action => String(action).toLowerCase());
  return (
    statement['Effect'] === effect &&
    services.includes(BEDROCK) &&
    actions.some(action => ['sts:assumerole', 'sts:*', '*', 'sts:assume*'].includes(action))
  );
}

function hasCondition(statement: Record<string, unknown>): boolean {
  return Object.keys(asRecord(statement['Condition'])).length > 0;
}

function conditionProblem(
  statement: Record<string, unknown>,
  expected: { account: string; region: string; partition?: string }
): string | undefined {
  const { account, region, partition = 'aws' } = expected;
  const jobArn = `arn:${partition}:bedrock:${region}:${account}:model-import-job/abcdefghijkl`;
  for (const [operator, keys] of Object.entries(asRecord(statement['Condition']))) {
    if (!/^(String|Arn)(Equals|Like)(IgnoreCase|IfExists)?$/.test(operator)) {
      continue;
    }
    for (const [key, values] of Object.entries(asRecord(keys))) {
      const patterns = asList(values).map(String);
      if (key.toLowerCase() === 'aws:sourceaccount' && !patterns.some(p => matches(p, account))) {
        return `its condition allows the account ${patterns.join(', ')}, not ${account}`;
      }
      if (key.toLowerCase() === 'aws:sourcearn' && !patterns.some(p => matches(p, jobArn))) {
        return `its condition allows ${patterns.join(', ')}, not import jobs of ${account} in ${region}`;
      }
    }
  }
  return undefined;
}

/** IAM's wildcards, `*` and `?`, in time that is at most the product of both lengths. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') {
    p += 1;
  }
  return p === pattern.length;
}

function asList(value: unknown): unknown[] {
  if (value === undefined || value === null) {
    return [];
  }
  return Array.isArray(value) ? value : [value];
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
