export {
  startSandbox,
  writeModels,
  type StartedSandbox,
  type StartSandboxOptions
} from './startSandbox';
