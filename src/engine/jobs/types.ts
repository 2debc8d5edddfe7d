import type { AwsClients } from '../aws';
import type { ImportedModel, ImportJob } from '../bedrock';
import type { Check } from '../checks';
import type { CallerIdentity, Environment } from '../environment';
import type { HubClient } from '../hub';
import type { PolicyDocument } from '../iam';
import type { ModelInspection } from '../model';
import type { CopyPlan, OpenSourceOptions } from '../transfer';

/** Everything that the engine's verbs need to know about where they run. */
export interface EngineContext {
  environment: Environment;
  hub: HubClient;
  /** Made at first use; throws `REGION_MISSING` when no Region is known. */
  readonly aws: AwsClients;
}

export interface ImportOptions {
  /** What `openCopySource` takes: a model of the hub, a folder, a prefix or an archive in S3. */
  model: string;
  /** The bytes of a model of the hub go through this Hugging Face cache folder on disk. */
  cacheFolder?: string;
  bucket: string;
  /** @default `bedrock-import/<model id>/<first 12 characters of the commit or fingerprint>/` */
  prefix?: string;
  roleArn?: string;
  createRole?: boolean;
  importedModelName?: string;
  /** Text of the chat template that replaces the model's own. */
  chatTemplate?: string;
  /** First question to the imported model. */
  ask?: string;
  /** While an archive is read for its index. */
  onArchive?: OpenSourceOptions['onArchive'];
  signal?: AbortSignal;
}

/** What an import will do; making it changes nothing. */
export interface ImportReview {
  inspection: ModelInspection;
  plan: CopyPlan;
  identity: CallerIdentity;
  role: {
    action: 'use' | 'create';
    roleArn?: string;
    roleName?: string;
    policies?: { trust: PolicyDocument; permissions: PolicyDocument };
  };
  names: { jobName: string; importedModelName: string };
  /** The user's own name for the imported model. */
  requestedName?: string;
  s3Uri: string;
  /** An earlier import of the same thing: followed or reused instead of started again. */
  existing?: { job: ImportJob; model?: ImportedModel };
  /** The model's, the plan's, the role's and the names' checks together. */
  checks: Check[];
  costNotes: string[];
}
