import { AWS_FACTS } from '../awsFacts';
import { isObject, type ModelCheck } from '../facts';

/** What an import of GPT-OSS asks of two small files. */
export const gptOssFiles: ModelCheck = ({ architecture, index, generationConfig }) => {
  if (architecture !== 'GptOssForCausalLM') {
    return undefined;
  }
  const id = 'gpt-oss-files';
  const why =
    'The guide for GPT-OSS asks for this content of the index and of generation_config.json.';
  const metadata = index?.json['metadata'];
  const problems: string[] = [];
  if (index !== undefined && !isObject(metadata)) {
    problems.push(`${index.path} has no metadata`);
  } else if (isObject(metadata) && 'total_parameters' in metadata) {
    problems.push(`the metadata of ${index?.path} holds total_parameters`);
  }
  const ends = generationConfig?.['eos_token_id'];
  if (!Array.isArray(ends) || ends.join() !== '200002,199999,200012') {
    problems.push('eos_token_id in generation_config.json is not [200002, 199999, 200012]');
  }
  if (problems.length === 0) {
    return { id, verdict: 'ok', found: 'Both files are as the guide asks.', why };
  }
  return {
    id,
    verdict: 'warning',
    found: `${problems.join('; ')}.`,
    why,
    source: AWS_FACTS.guide,
    nextStep: 'Correct these files in a copy of the model, or expect the import to fail.'
  };
};
