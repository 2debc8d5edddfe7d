export { checkImportRole } from './checkImportRole';
export { createImportRole, IMPORT_ROLE_TAG } from './createImportRole';
export { listImportRoles } from './listImportRoles';
export {
  IMPORT_ROLE_PREFIX,
  importRolePolicy,
  importRoleTrustPolicy,
  notebookPolicy
} from './policies';
export { defaultRoleName } from './roleNames';
export type {
  CreateImportRoleOptions,
  ImportRole,
  NotebookPolicyInputs,
  PolicyDocument,
  PolicyInputs,
  PolicyStatement
} from './types';
