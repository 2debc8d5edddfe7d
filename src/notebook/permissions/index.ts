export { deleteImportRole, planRoleDeletion } from './deleteImportRole';
export type { RoleDeletionPlan } from './deleteImportRole';
export { makeImportRole } from './makeImportRole';
export { policyInputs } from './policyInputs';
export { statementsTable } from './statementsTable';
export { tryPermissions } from './tryPermissions';
export { whoActs } from './whoActs';
export type { ActingIdentities } from './whoActs';
