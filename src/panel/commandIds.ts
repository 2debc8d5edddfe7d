/** Commands that the features of the panel offer each other and the user. */
export const CommandIDs = {
  openPanel: 'bedrock-import:open-panel',
  importModel: 'bedrock-import:import-model',
  importFolder: 'bedrock-import:import-folder',
  openReview: 'bedrock-import:open-review',
  openJobs: 'bedrock-import:open-jobs',
  openJob: 'bedrock-import:open-job',
  openModels: 'bedrock-import:open-models',
  askModel: 'bedrock-import:ask-model',
  openStorage: 'bedrock-import:open-storage',
  openSteering: 'bedrock-import:open-steering',
  openNotebook: 'bedrock-import:open-notebook',
  /** For features that have changed something about it, such as what is on the disk. */
  refreshMachine: 'bedrock-import:refresh-machine'
} as const;

/** Sections of the panel, in their order. */
export const SectionIDs = {
  machine: 'bedrock-import-machine',
  model: 'bedrock-import-model',
  jobs: 'bedrock-import-jobs',
  importedModels: 'bedrock-import-imported-models',
  notebooks: 'bedrock-import-notebooks'
} as const;

export const PANEL_ID = 'bedrock-import-panel';
