import { getImportedModel, listImportedModels } from '../../../protocol';
import type { Answer, ImportedModelFact, JobFact, JobState } from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';
import { failing } from '../../testing/failing';
import { jobFact } from '../../testing/jobFact';

const ARN = 'arn:aws:bedrock:eu-central-1:123456789012:imported-model/';

/** As the list has it: without units and files. */
export function listedModel(
  name: string,
  more: Partial<ImportedModelFact> = {}
): ImportedModelFact {
  return {
    arn: `${ARN}${name}`,
    name,
    createdAt: '2026-11-28T00:00:00Z',
    architecture: 'LlamaForCausalLM',
    instructSupported: true,
    ...more
  };
}

export function details(arn: string): ImportedModelFact {
  return {
    ...listedModel(arn.slice(ARN.length)),
    jobName: 'job-one',
    s3Uri: 's3://bucket/prefix/',
    unitsPerCopy: 2,
    unitsVersion: 'v1.0'
  };
}

export const ANSWER: Answer = {
  text: 'Paris.',
  api: 'Converse',
  inputTokens: 12,
  outputTokens: 38,
  stopReason: 'end_turn',
  coldStartMs: 0,
  firstTextMs: 1_200,
  totalMs: 4_100
};

/** An engine whose Bedrock has these models. */
export function modelsEngine(...names: string[]): FakeEngine {
  return new FakeEngine()
    .onQuery(listImportedModels, () => names.map(name => listedModel(name)))
    .on(getImportedModel, ({ model }) => details(model));
}

export { failing };

export const job = (id: string, state: JobState): JobFact => jobFact({ id, state });

/** Lets everything that is under way settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await Promise.resolve();
  }
}
