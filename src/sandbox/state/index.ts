export { createManualClock, systemClock, type ManualClock, type SandboxClock } from './clock';
export { openDocument, readJsonFile, writeFileAtomically, type StateDocument } from './documents';
export {
  COUNT_FAULTS,
  createFaultPlan,
  DURATION_FAULTS,
  FAULT_NAMES,
  FaultError,
  MESSAGE_FAULTS,
  parseFault,
  RATE_FAULTS,
  RATE_OR_TIME_FAULTS,
  type FaultName,
  type FaultPlan
} from './faults';
export { fillingReader, type FillingReader } from './fillingReader';
export { ConnectionResetError, type SandboxConnection, type SandboxHandler } from './handler';
export {
  createSandboxState,
  openSandboxState,
  SANDBOX_ACCOUNT,
  SANDBOX_ROLE_NAME,
  type SandboxCredentials,
  type SandboxState,
  type SandboxStateOptions
} from './state';
