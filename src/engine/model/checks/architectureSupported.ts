import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

/** The first architecture of config.json is on the user guide's list. */
export const architectureSupported: ModelCheck = ({ config, architecture }) => {
  if (config === undefined) {
    return undefined;
  }
  const id = 'architecture-supported';
  const why = 'Amazon Bedrock runs imported models of these architectures only.';
  const family = architecture === undefined ? undefined : AWS_FACTS.architectures.get(architecture);
  if (family !== undefined) {
    return {
      id,
      verdict: 'ok',
      found: `Architecture ${architecture} (${family}) can be imported.`,
      why,
      source: GUIDE_SOURCE
    };
  }
  const families = [...new Set(AWS_FACTS.architectures.values())].join(', ');
  return {
    id,
    verdict: 'blocker',
    found:
      architecture === undefined
        ? 'config.json names no architecture.'
        : `Architecture ${architecture} is not one that Bedrock imports.`,
    why,
    source: GUIDE_SOURCE,
    nextStep: `Choose a model of one of these families: ${families}.`
  };
};
