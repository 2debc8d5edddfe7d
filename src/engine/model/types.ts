import type { Check } from '../checks';
import type { ChatTemplateReading } from '../chatTemplate';

export interface LeftOutFile {
  path: string;
  sizeBytes: number;
  /** Why an import does not get this file, in a few words. */
  reason: string;
}

/** A file of a model, wherever the model lies. */
export interface ModelFile {
  /** Relative to the model's top folder, with `/` between its parts. */
  path: string;
  sizeBytes: number;
  /** SHA-1 of the git blob that the hub lists; of a pointer when `sha256` is there too. */
  gitOid?: string;
  /** Hex SHA-256 of the content, where somebody has said or computed it. */
  sha256?: string;
  /** Of a file in a folder, milliseconds since the epoch. */
  modifiedMs?: number;
  /** Of an object in S3, with its quotes. */
  sourceEtag?: string;
  /** Of an archive's member: where its bytes begin in the unpacked archive. */
  offset?: number;
}

/** A model of any source: what it is called and which files it has. A `HubModel` is one. */
export interface ModelListing {
  id: string;
  files: ModelFile[];
  /** Files that the source itself passes over, such as hidden folders; not in `files`. */
  leftOut?: LeftOutFile[];
  /** What was found while the files were listed. */
  checks?: Check[];
  /** Facts that only a hub has. */
  commitSha?: string;
  requestedRevision?: string;
  gated?: false | 'auto' | 'manual';
  private?: boolean;
  license?: string;
  pipelineTag?: string;
  lastModified?: Date;
  endpoint?: string;
}

/** A model whose small files can be read. */
export interface ModelFiles {
  model: ModelListing;
  /**
   * A whole file of the listing.
   *
   * @param options.maxBytes the largest size to read
   * @throws BedrockImportError when it is larger, gone, or not what was listed
   */
  readFile(
    path: string,
    options?: { maxBytes?: number; signal?: AbortSignal }
  ): Promise<Uint8Array>;
}

export interface FileSelection {
  taken: ModelFile[];
  leftOut: LeftOutFile[];
  /** Sum of the sizes of the taken files. */
  totalBytes: number;
}

/** What was found out about a model before anything is copied. */
export interface ModelInspection {
  model: ModelListing;
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
