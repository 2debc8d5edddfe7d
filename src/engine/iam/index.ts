export type {
  CreateImportRoleOptions,
  ImportRole,
  NotebookPolicyInputs,
  PolicyDocument,
  PolicyInputs,
  PolicyStatement
} from './types';
