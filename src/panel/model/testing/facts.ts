import {
  getMachine,
  inspectModel,
  listBuckets,
  listRoles,
  reviewImport,
  startImport
} from '../../../protocol';
import type { ImportReview, ModelFacts } from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';

export const ROLE = 'arn:aws:iam::123456789012:role/Import';

/** A model that nothing speaks against. */
export function modelFacts(changes: Partial<ModelFacts> = {}): ModelFacts {
  return {
    id: 'maker/model',
    commitSha: '0123456789abcdef0123456789abcdef01234567',
    gated: false,
    license: 'apache-2.0',
    page: 'https://hub.test/maker/model',
    architecture: 'LlamaForCausalLM',
    dtype: 'bfloat16',
    parameters: 8_030_261_248,
    weightsBytes: 16_060_522_496,
    totalBytes: 16_070_000_000,
    taken: [{ path: 'model.safetensors', sizeBytes: 16_060_522_496 }],
    leftOut: [{ path: 'README.md', sizeBytes: 5_000, reason: 'Bedrock does not read it' }],
    checks: [{ id: 'architecture', verdict: 'ok', found: 'Llama', why: 'It is on the list.' }],
    chatTemplate: { path: 'tokenizer_config.json', text: '{{ messages }}' },
    disk: {
      sizeBytes: 16_070_000_000,
      requiredBytes: 18_873_500_000,
      availableBytes: 4_000_000_000,
      missingBytes: 14_873_500_000,
      fits: false,
      explanation: 'The model needs 18.87 GB with the margin.',
      nextSteps: ['Stream it instead.']
    },
    ...changes
  };
}

export function importReview(changes: Partial<ImportReview> = {}): ImportReview {
  return {
    reviewId: 'review-1',
    modelId: 'maker/model',
    version: '0123456789ab',
    s3Uri: 's3://bucket/bedrock-import/maker/model/0123456789ab/',
    account: '123456789012',
    importedModelName: 'model-0123456789ab',
    jobName: 'model-0123456789ab-1',
    role: { action: 'use', arn: ROLE },
    files: [
      {
        path: 'model.safetensors',
        key: 'bedrock-import/maker/model/0123456789ab/model.safetensors',
        sizeBytes: 16_060_522_496,
        action: 'copy'
      }
    ],
    rewrites: [],
    totalBytes: 16_070_000_000,
    bytesToMove: 16_070_000_000,
    alreadyThere: 0,
    conflicts: [],
    checks: [{ id: 'architecture', verdict: 'ok', found: 'Llama', why: 'It is on the list.' }],
    costNotes: ['The import itself is free.'],
    ...changes
  };
}

/** An engine that answers everything that a form asks, for any model. */
export function formEngine(): FakeEngine {
  return new FakeEngine()
    .onQuery(listBuckets, () => ['bucket', 'other-bucket'])
    .onQuery(listRoles, () => [{ arn: ROLE, name: 'Import' }])
    .onQuery(getMachine, () => ({
      host: 'plain-jupyter' as const,
      hostLabel: 'Jupyter',
      root: '/home/sagemaker-user',
      customEndpoints: false,
      hasHubToken: false,
      warnings: []
    }))
    .on(inspectModel, () => modelFacts())
    .on(reviewImport, () => importReview())
    .on(startImport, () => ({ jobId: 'job-1' }));
}
