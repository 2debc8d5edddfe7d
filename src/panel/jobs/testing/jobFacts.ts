import type { JobDetails } from '../../../protocol';
import { jobFact } from '../../testing/jobFact';

export { jobFact };

export function jobDetails(changes: Partial<JobDetails> = {}): JobDetails {
  return {
    ...jobFact(),
    stages: [
      { stage: 'check', state: 'done' },
      { stage: 'copy', state: 'start' },
      { stage: 'import', state: 'pending' }
    ],
    files: [
      { path: 'config.json', sizeBytes: 500 },
      { path: 'model.safetensors', sizeBytes: 999_500 }
    ],
    checks: [],
    lastSeq: 0,
    runsElsewhere: false,
    ...changes
  };
}
