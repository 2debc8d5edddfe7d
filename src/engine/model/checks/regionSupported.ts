import { AWS_FACTS, GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

/** The region is on the user guide's list. AWS adds regions, so another one is a warning only. */
export const regionSupported: ModelCheck = ({ region, architecture }) => {
  const id = 'region-supported';
  const own =
    architecture === undefined ? undefined : AWS_FACTS.regionsByArchitecture.get(architecture);
  const regions: readonly string[] = own ?? AWS_FACTS.regions;
  const what = own === undefined ? 'Custom Model Import' : `Importing ${architecture}`;
  const why = `${what} is offered in ${regions.join(', ')}.`;
  if (region === undefined || region === '') {
    return { id, verdict: 'ok', found: 'No Region is set yet.', why, source: GUIDE_SOURCE };
  }
  if (regions.includes(region)) {
    return {
      id,
      verdict: 'ok',
      found: `Bedrock imports models in ${region}.`,
      why,
      source: GUIDE_SOURCE
    };
  }
  return {
    id,
    verdict: 'warning',
    found: `${region} is not among the Regions where Bedrock is known to import models.`,
    why,
    source: GUIDE_SOURCE,
    nextStep: `Look whether ${region} has been added since ${AWS_FACTS.asOf}; else use a bucket and a region of the list.`
  };
};
