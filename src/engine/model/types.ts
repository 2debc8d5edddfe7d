import type { Check } from '../checks';
import type { ChatTemplateReading } from '../chatTemplate';
import type { HubFile, HubModel } from '../hub';

export interface LeftOutFile {
  path: string;
  sizeBytes: number;
  /** Why an import does not get this file, in a few words. */
  reason: string;
}

export interface FileSelection {
  taken: HubFile[];
  leftOut: LeftOutFile[];
  /** Sum of the sizes of the taken files. */
  totalBytes: number;
}

/** What was found out about a model before anything is copied. */
export interface ModelInspection {
  model: HubModel;
  selection: FileSelection;
  /** First entry of `architectures` in config.json. */
  architecture?: string;
  /** `model_type` of config.json. */
  modelType?: string;
  torchDtype?: string;
  /** Number of weights; absent when the repository does not say. */
  parameters?: number;
  /** Bytes of the taken safetensors files. */
  weightsBytes: number;
  /** `max_position_embeddings` of config.json, in tokens. */
  contextLength?: number;
  checks: Check[];
  chatTemplate: ChatTemplateReading;
  /** The small JSON and jinja files that were read, by path. */
  texts: Record<string, string>;
}
