import type { CheckFinding } from './checks';
import type { DiskFit } from './machine';

export interface ModelFileFact {
  path: string;
  sizeBytes: number;
}

export interface LeftOutFileFact extends ModelFileFact {
  /** Why an import does not get it. */
  reason: string;
}

/** One chat template that the model has. */
export interface ChatTemplateFact {
  /** File that holds it. */
  path: string;
  text: string;
}

/** A model before anything is copied. */
export interface ModelFacts {
  /** `organisation/name`, or what a model from elsewhere is called. */
  id: string;
  /** Of a model of the hub. */
  commitSha?: string;
  revision?: string;
  gated?: false | 'auto' | 'manual';
  private?: boolean;
  license?: string;
  /** ISO time. */
  lastModified?: string;
  /** Page of the model on its hub. */
  page?: string;
  architecture?: string;
  modelType?: string;
  dtype?: string;
  parameters?: number;
  contextLength?: number;
  weightsBytes: number;
  /** Of all files that an import takes. */
  totalBytes: number;
  taken: ModelFileFact[];
  leftOut: LeftOutFileFact[];
  checks: CheckFinding[];
  /** The one that counts; missing where the model has none. */
  chatTemplate?: ChatTemplateFact;
  /** What a full download to the JupyterLab root would need. Streaming needs no disk. */
  disk: DiskFit;
}

/** A model of the hub that a search has found. */
export interface FoundModelFact {
  id: string;
  downloads: number;
  likes: number;
  gated: false | 'auto' | 'manual';
  private: boolean;
  pipelineTag?: string;
}
