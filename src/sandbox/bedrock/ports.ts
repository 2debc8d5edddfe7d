import type { Iam } from '../iam';
import type {
  ChatMessage,
  GeneratedPiece,
  GenerateInput,
  GenerateOptions,
  ModelFiles,
  LoadedModel as RunnableModel
} from '../inference';
import type { SandboxState } from '../state';

export type { ChatMessage, GeneratedPiece, GenerateInput, GenerateOptions, ModelFiles };

/** A model that can answer. */
export type LoadedModel = Pick<RunnableModel, 'generate' | 'renderPrompt' | 'countTokens'>;

export interface ModelFacts {
  architecture: string;
  instructSupported: boolean;
  weightsBytes: number;
  /** Whether the sandbox itself can run it. */
  runnable: boolean;
}

export interface Inference {
  loadModel(files: ModelFiles): Promise<LoadedModel>;
  /** @throws Error whose message becomes the import job's failureMessage. */
  validateModelFiles(files: ModelFiles): Promise<ModelFacts>;
}

/** A run of bytes in one body file of the object store. */
export interface Extent {
  file: string;
  offset: number;
  length: number;
}

export interface StoredObject {
  key: string;
  sizeBytes: number;
  etag: string;
  readRange(start: number, end: number): Promise<Uint8Array>;
}

/** What Bedrock needs of the sandbox's object store. */
export interface ModelStore {
  bucket(name: string): { region: string; owner: string } | undefined;
  list(bucket: string, prefix: string): readonly StoredObject[];
  get(bucket: string, key: string): StoredObject | undefined;
  /** Where an object's bytes are; the files never change, and go when no object holds them. */
  find(bucket: string, key: string): { extents: readonly Extent[] } | undefined;
  readonly bodies: { path(file: string): string };
}

export interface BedrockOptions {
  state: SandboxState;
  store: ModelStore;
  iam: Iam;
  inference: Inference;
  /** How long an import takes at least; the fault `import-seconds` wins. @default 3 */
  importSeconds?: number;
  /** How long a cold start takes at least; the fault `model-not-ready` wins. @default 2 */
  coldStartSeconds?: number;
  /** Imports every model with `instructSupported: false`, as newer imports are reported to do. */
  refuseConverse?: boolean;
}
