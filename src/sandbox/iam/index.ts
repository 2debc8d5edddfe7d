export { createIam, type Iam } from './createIam';
export { createSts } from './createSts';
export {
  evaluatePolicies,
  type AccessRequest,
  type Decision,
  type Evaluation,
  type NamedPolicy,
  type Principal
} from './evaluate';
export { parsePolicyDocument, type PolicyDocument, type PolicyStatement } from './policyDocument';
export type { StoredRole } from './roles';
export type { Caller, CredentialDirectory } from './sessions';
export { matchesArn, matchesWildcard } from './wildcard';
