import type { HostKind } from '../environment';

/** Of the GB that EBS counts. */
export interface VolumeLimits {
  smallestGb: number;
  largestGb?: number;
  rules: string[];
}

/** Developer Guide, "Amazon EBS volume" of Studio spaces: unless the domain says otherwise. */
export const STUDIO_USUAL_LIMIT_GB = 100;

/**
 * Amazon SageMaker AI API Reference, "UpdateNotebookInstance" (VolumeSizeInGB) and "EbsStorageSettings";
 * Developer Guide, "Amazon EBS volume" of Studio spaces, for 100 GB and the 6 hours.
 */
export const VOLUME_LIMITS: Readonly<Record<HostKind, VolumeLimits>> = {
  'notebook-instance': {
    smallestGb: 5,
    largestGb: 16_384,
    rules: [
      'The volume can only grow, and is billed until the instance is deleted.',
      'The instance has to be stopped for it; what lies outside of the volume is lost with that.'
    ]
  },
  'studio-space': {
    smallestGb: 5,
    largestGb: 16_384,
    rules: [
      `The domain's limit counts, which is ${STUDIO_USUAL_LIMIT_GB} GB unless it was raised.`,
      'One change is possible in 6 hours, and a volume can only grow.',
      'The space has to be stopped for it.'
    ]
  },
  'unified-studio': {
    smallestGb: 5,
    largestGb: 16_384,
    rules: [
      `The limit of the project counts, which is ${STUDIO_USUAL_LIMIT_GB} GB unless its administrator raised it.`,
      'One change is possible in 6 hours, and a volume can only grow.',
      'The space has to be stopped for it.'
    ]
  },
  'plain-jupyter': { smallestGb: 1, rules: [] }
};
